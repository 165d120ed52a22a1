//! `vertex-api-key`: keys of Vertex AI, or of a server that speaks it.

use super::VERTEX_URL;
use super::entry::{self, KeyEntry};
use crate::error::Report;
use crate::model::{VertexKey, VertexProject};
use crate::values;
use crate::view::View;

/// The location that needs no host of its own (`providers.md` 7).
const GLOBAL: &str = "global";

pub(crate) fn read(list: &View, report: &mut Report) -> Vec<VertexKey> {
    list.items()
        .iter()
        .filter_map(|item| key(item, report))
        .collect()
}

/// `None` after a problem, and for an entry that is switched off.
fn key(item: &View, report: &mut Report) -> Option<VertexKey> {
    entry::warn_of_version(item, report);
    let project = project(item, report);
    let base_url = match &project {
        Some(project) if project.location != GLOBAL => {
            format!("https://{}-aiplatform.googleapis.com", project.location)
        }
        _ => VERTEX_URL.to_owned(),
    };
    let KeyEntry {
        entry,
        api_key,
        proxy,
    } = entry::read_key(item, &base_url, "AQ.…", report)?;
    Some(VertexKey {
        entry,
        api_key,
        proxy,
        project,
    })
}

fn project(item: &View, report: &mut Report) -> Option<VertexProject> {
    let (project, location) = (item.get("project"), item.get("location"));
    let name = project
        .filled()
        .and_then(|text| report.accept(&project, values::google_project(text)));
    let place = location
        .filled()
        .and_then(|text| report.accept(&location, values::google_location(text)));
    if location.filled().is_some() && project.filled().is_none() {
        report.problem(
            location.at,
            &location.key,
            "a `location` counts only below a `project`",
            "add `project:` and the project's id, or remove it",
        );
    }
    Some(VertexProject {
        project: name?,
        location: place.unwrap_or_else(|| GLOBAL.to_owned()),
    })
}
