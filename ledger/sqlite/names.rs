//! Names are stored once: numbers stand for them in rows.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::ClientKey;

/// Bytes of a name that are kept.
const LONGEST: usize = 256;

/// Names that are told apart; later ones share one name.
const MOST: usize = 1 << 16;
/// Clients can make up names of models without end. They get no more than a part of the names, so that there is room for the
/// models and credentials that will really be there.
const MOST_ASKED: usize = MOST / 2;
const OTHER: &str = "(other)";

/// Names of the last rows that are found again by where they are.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 8;

/// From names to numbers, for writing.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: HashMap<Box<str>, i64>,
    /// Rows share their names. Each is held here, so that nothing else comes to be where it is.
    last: Vec<Option<(Arc<str>, i64)>>,
    keys: HashMap<Box<str>, Key>,
    /// The keys of the last rows, in the same way.
    last_keys: Vec<Option<(ClientKey, i64)>>,
    /// How many the table has; unknown at first.
    count: Option<usize>,
}

#[derive(Debug)]
struct Key {
    number: i64,
    name: Option<Arc<str>>,
}

impl Names {
    /// The number of a name; none for the empty one.
    pub(super) fn number(
        &mut self,
        connection: &Connection,
        name: Option<&Arc<str>>,
    ) -> rusqlite::Result<Option<i64>> {
        self.within(connection, name, MOST)
    }

    /// The number of a name that a client gave.
    pub(super) fn asked(
        &mut self,
        connection: &Connection,
        name: Option<&Arc<str>>,
    ) -> rusqlite::Result<Option<i64>> {
        self.within(connection, name, MOST_ASKED)
    }

    fn within(
        &mut self,
        connection: &Connection,
        name: Option<&Arc<str>>,
        most: usize,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let slot = slot(name);
        if let Some(Some((last, number))) = self.last.get(slot)
            && Arc::ptr_eq(last, name)
        {
            return Ok(Some(*number));
        }
        let number = self.intern(connection, cut(name), most)?;
        // What is one of the others to a client is not to everybody.
        if self.names.contains_key(cut(name)) {
            self.last.resize(SLOTS, None);
            self.last[slot] = Some((Arc::clone(name), number));
        }
        Ok(Some(number))
    }

    fn intern(
        &mut self,
        connection: &Connection,
        name: &str,
        most: usize,
    ) -> rusqlite::Result<i64> {
        if let Some(number) = self.names.get(name) {
            return Ok(*number);
        }
        let mut statement = connection.prepare_cached("SELECT id FROM name WHERE text = ?1")?;
        let found = statement.query_row([name], |row| row.get(0)).optional()?;
        let number = match found {
            Some(number) => number,
            None => {
                let count = self.count(connection)?;
                if count >= most && name != OTHER {
                    return self.intern(connection, OTHER, most);
                }
                let mut statement =
                    connection.prepare_cached("INSERT INTO name (text) VALUES (?1)")?;
                self.count = Some(count + 1);
                statement.insert([name])?
            }
        };
        self.names.insert(name.into(), number);
        Ok(number)
    }

    fn count(&mut self, connection: &Connection) -> rusqlite::Result<usize> {
        if let Some(count) = self.count {
            return Ok(count);
        }
        let count = last(connection, "name")?;
        self.count = Some(count);
        Ok(count)
    }

    /// The number of a client key, whose name is brought up to date.
    pub(super) fn key(
        &mut self,
        connection: &Connection,
        key: &ClientKey,
    ) -> rusqlite::Result<i64> {
        let slot = slot(&key.id);
        if let Some(Some((last, number))) = self.last_keys.get(slot)
            && is_same(last, key)
        {
            return Ok(*number);
        }
        let number = self.number_of_key(connection, key)?;
        self.last_keys.resize(SLOTS, None);
        self.last_keys[slot] = Some((key.clone(), number));
        Ok(number)
    }

    fn number_of_key(&mut self, connection: &Connection, key: &ClientKey) -> rusqlite::Result<i64> {
        let id = cut(&key.id);
        let known = self.keys.get(id);
        if let Some(known) = known
            && known.name == key.name
        {
            return Ok(known.number);
        }
        // What it was called before is no longer so.
        self.last_keys.clear();
        let mut statement = connection.prepare_cached(
            "INSERT INTO client_key (key, name) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id",
        )?;
        let name = key.name.as_deref().map(cut).filter(|name| !name.is_empty());
        let number = statement.query_row((id, name), |row| row.get(0))?;
        let name = key.name.clone();
        self.keys.insert(id.into(), Key { number, name });
        Ok(number)
    }

    /// The number of the client key that another gateway calls so: one whose name that is, or else one whose id it is.
    pub(super) fn key_called(
        &mut self,
        connection: &Connection,
        label: &str,
    ) -> rusqlite::Result<i64> {
        let label = cut(label);
        let mut statement = connection.prepare_cached(
            "SELECT id FROM client_key WHERE name = ?1
             UNION ALL SELECT id FROM client_key WHERE key = ?1 LIMIT 1",
        )?;
        if let Some(number) = statement.query_row([label], |row| row.get(0)).optional()? {
            return Ok(number);
        }
        let full = last(connection, "client_key")? >= MOST;
        let mut statement = connection.prepare_cached(
            "INSERT INTO client_key (key) VALUES (?1)
             ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id",
        )?;
        statement.query_row([if full { OTHER } else { label }], |row| row.get(0))
    }

    /// After a transaction that came to nothing, so did its numbers.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// From numbers to names, for reading. A number never changes its meaning.
#[derive(Debug, Default)]
pub(super) struct Texts(RefCell<HashMap<i64, Arc<str>>>);

impl Texts {
    pub(super) fn text(
        &self,
        connection: &Connection,
        number: Option<i64>,
    ) -> rusqlite::Result<Option<Arc<str>>> {
        let Some(number) = number.filter(|number| *number != 0) else {
            return Ok(None);
        };
        if let Some(text) = self.0.borrow().get(&number) {
            return Ok(Some(Arc::clone(text)));
        }
        let mut statement = connection.prepare_cached("SELECT text FROM name WHERE id = ?1")?;
        let text: Option<Arc<str>> = statement.query_row([number], |row| row.get(0)).optional()?;
        if let Some(text) = &text {
            self.0.borrow_mut().insert(number, Arc::clone(text));
        }
        Ok(text)
    }

    pub(super) fn forget(&self) {
        self.0.borrow_mut().clear();
    }
}

/// Where a name may be found again. Two names of one row in the same slot would push each other out with every row, so that
/// addresses, which are evenly apart, are spread (Fibonacci hashing).
fn slot(name: &Arc<str>) -> usize {
    let spread = (name.as_ptr().addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread >> (u64::BITS - SLOT_BITS)) as usize
}

/// Whether a key is the very one that was there, under the very same name.
fn is_same(last: &ClientKey, key: &ClientKey) -> bool {
    let named = match (&last.name, &key.name) {
        (Some(last), Some(name)) => Arc::ptr_eq(last, name),
        (None, None) => true,
        _ => false,
    };
    named && Arc::ptr_eq(&last.id, &key.id)
}

/// The last number of a table, from which nothing is ever removed.
fn last(connection: &Connection, table: &str) -> rusqlite::Result<usize> {
    let sql = format!("SELECT coalesce(max(id), 0) FROM {table}");
    let last: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(usize::try_from(last).unwrap_or(MOST))
}

/// The beginning of a name that is too long.
fn cut(name: &str) -> &str {
    let mut ends = (0..=name.len().min(LONGEST)).rev();
    let end = ends.find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::open::for_writing;

    fn database() -> (tempfile::TempDir, Connection) {
        let directory = tempfile::tempdir().unwrap();
        let connection = for_writing(&directory.path().join("l.db"), None).unwrap();
        (directory, connection)
    }

    #[test]
    fn a_name_has_one_number() {
        let (_directory, connection) = database();
        let mut names = Names::default();
        let mut number = |text: &str| names.number(&connection, Some(&text.into())).unwrap();
        let first = number("gpt-5");
        assert_eq!(number("gpt-5"), first);
        assert_ne!(number("gpt-5.1"), first);
        assert_eq!(number(""), None);
        let long = "é".repeat(1_000);
        let number_of_long = number(&long);
        names.forget();
        let mut number = |text: &str| names.number(&connection, Some(&text.into())).unwrap();
        assert_eq!(number("gpt-5"), first);
        assert_eq!(number(&long[..600]), number_of_long);
        let texts = Texts::default();
        for _ in 0..2 {
            let text = texts.text(&connection, first).unwrap();
            assert_eq!(text.as_deref(), Some("gpt-5"));
        }
        assert_eq!(texts.text(&connection, None).unwrap(), None);
        assert_eq!(texts.text(&connection, Some(0)).unwrap(), None);
    }

    #[test]
    fn names_that_are_made_up_without_end_share_one() {
        let (_directory, connection) = database();
        let mut names = Names {
            count: Some(MOST_ASKED),
            ..Names::default()
        };
        let name = |name: &str| Some(Arc::<str>::from(name));
        let mut asked = |text: &str| names.asked(&connection, name(text).as_ref()).unwrap();
        let other = asked("made-up-1");
        assert_eq!(asked("made-up-2"), other);
        let text = Texts::default().text(&connection, other).unwrap();
        assert_eq!(text.as_deref(), Some(OTHER));
        // There is still room for those that nobody made up, and they are known then.
        let real = names.number(&connection, name("real").as_ref()).unwrap();
        assert_ne!(real, other);
        assert_eq!(
            names.asked(&connection, name("real").as_ref()).unwrap(),
            real
        );
        names.count = Some(MOST);
        let late = names.number(&connection, name("late").as_ref()).unwrap();
        assert_eq!(late, other);
    }

    #[test]
    fn a_key_keeps_its_number_when_it_is_renamed() {
        let (_directory, connection) = database();
        let mut names = Names::default();
        let key = |id: &str, name: Option<&str>| ClientKey {
            id: id.into(),
            name: name.map(Into::into),
        };
        let laptop = names.key(&connection, &key("k1", Some("laptop"))).unwrap();
        assert_eq!(names.key(&connection, &key("k1", None)).unwrap(), laptop);
        assert_eq!(
            names.key(&connection, &key("k1", Some("pc"))).unwrap(),
            laptop
        );
        let name = |number: i64| -> Option<String> {
            let sql = "SELECT name FROM client_key WHERE id = ?1";
            let name = connection.query_row(sql, [number], |row| row.get(0));
            name.unwrap()
        };
        // Also when both names are known by where they are.
        let [old, new] = [key("k1", Some("mac")), key("k1", Some("pc"))];
        for key in [&old, &old, &new, &new, &old, &old, &new] {
            assert_eq!(names.key(&connection, key).unwrap(), laptop);
            assert_eq!(name(laptop).as_deref(), key.name.as_deref());
        }
        let server = names.key(&connection, &key("k2", None)).unwrap();
        assert_ne!(server, laptop);
        assert_eq!(names.key_called(&connection, "pc").unwrap(), laptop);
        assert_eq!(names.key_called(&connection, "k2").unwrap(), server);
        let foreign = names.key_called(&connection, "foreign").unwrap();
        assert_eq!(names.key_called(&connection, "foreign").unwrap(), foreign);
        assert_ne!(foreign, server);
    }
}
