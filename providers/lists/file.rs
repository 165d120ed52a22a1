//! The file of the lists.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use modelgate_config::save;
use serde::{Deserialize, Serialize};

use super::{FRESH, List, ListKey};
use crate::Moment;

/// The form of the file.
const VERSION: u32 = 1;
/// Most bytes of a file.
const LARGEST: u64 = 32 << 20;
/// A list that was not fetched for this long belongs to nobody any more.
const OLDEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    lists: BTreeMap<String, KeptList>,
}

#[derive(Serialize, Deserialize)]
struct KeptList {
    fetched: String,
    models: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    in_responses_only: Vec<String>,
}

/// The lists of a file. Those that are fresh are not fetched again before their time.
pub(super) fn load(path: &Path) -> io::Result<HashMap<ListKey, List>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text)?;
    let kept: Kept = serde_json::from_slice(&text)?;
    if kept.version != VERSION {
        let message = format!("it has the form {}, not {VERSION}", kept.version);
        return Err(io::Error::other(message));
    }
    let (wall, now) = (SystemTime::now(), Moment::now());
    let list = |(key, list): (String, KeptList)| {
        let fetched = humantime::parse_rfc3339(&list.fetched).ok()?;
        // A clock that was set back makes nothing fresh for ever.
        let age = wall.duration_since(fetched).unwrap_or(FRESH);
        let list = List {
            models: list.models.into(),
            in_responses_only: list.in_responses_only.into(),
            fetched: Some(fetched),
            due: Some(now.after(FRESH.saturating_sub(age))),
            ..List::default()
        };
        (age < OLDEST).then_some((ListKey(key), list))
    };
    Ok(kept.lists.into_iter().filter_map(list).collect())
}

pub(super) fn store(path: &Path, known: &HashMap<ListKey, List>) -> io::Result<()> {
    let lists = known.iter().filter_map(|(key, list)| {
        let fetched = humantime::format_rfc3339_seconds(list.fetched?).to_string();
        let kept = KeptList {
            fetched,
            models: list.models.to_vec(),
            in_responses_only: list.in_responses_only.to_vec(),
        };
        Some((key.to_string(), kept))
    });
    let kept = Kept {
        version: VERSION,
        lists: lists.collect(),
    };
    let text = serde_json::to_string_pretty(&kept).map_err(io::Error::other)?;
    save(path, &(text + "\n"))
}
