//! What many credentials serve alike is noted once, and so is who they are.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use modelgate_dialects::{Str, Target};

use super::Responses;
use crate::credential::Credential;
use crate::route::{Members, Route, Run};

/// A model that a credential serves.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The name that clients use.
    pub(super) name: Str,
    pub(super) target: Arc<Target>,
    pub(super) responses: Responses,
}

/// Targets are the same where they are one.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && Arc::ptr_eq(&self.target, &other.target)
            && self.responses == other.responses
    }
}

impl Eq for Row {}

impl Hash for Row {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.name.hash(hasher);
        Arc::as_ptr(&self.target).hash(hasher);
        self.responses.hash(hasher);
    }
}

/// Who serves what.
#[derive(Debug, Default)]
pub(super) struct Menus {
    menus: Vec<Menu>,
    known: HashMap<Arc<[Row]>, usize>,
}

#[derive(Debug)]
struct Menu {
    rows: Arc<[Row]>,
    /// The credentials that serve them, by their places in the list of all, in its order.
    guests: Vec<Range<usize>>,
}

/// How often a name is on which menus: names for which this is the same have the same members.
type Spread = Vec<(usize, usize)>;

/// The members of a route, and on which menu each of them has which of the rows of a name.
struct Table {
    members: Arc<Members>,
    /// The end of a run of members, its menu, and the how-manieth row of the name there.
    seats: Vec<(usize, usize, usize)>,
}

impl Menus {
    /// Credentials that stand one behind the other serve these models.
    pub(super) fn add(&mut self, rows: Vec<Row>, guests: Range<usize>) {
        if rows.is_empty() || guests.is_empty() {
            return;
        }
        let known = self.known.get(rows.as_slice()).copied();
        let index = known.unwrap_or_else(|| {
            let rows: Arc<[Row]> = rows.into();
            self.known.insert(Arc::clone(&rows), self.menus.len());
            let guests = Vec::new();
            self.menus.push(Menu { rows, guests });
            self.menus.len() - 1
        });
        self.menus[index].guests.push(guests);
    }

    /// The routes by name; their members are in the order of `all`, and by priority.
    pub(super) fn routes(&self, all: &[Arc<Credential>]) -> HashMap<Str, Arc<Route>> {
        let mut places: HashMap<&Str, Vec<(usize, &Row)>> = HashMap::new();
        for (index, menu) in self.menus.iter().enumerate() {
            for row in menu.rows.iter() {
                places.entry(&row.name).or_default().push((index, row));
            }
        }
        let mut tables: HashMap<Spread, Table> = HashMap::new();
        let route = |(name, places): (&Str, Vec<(usize, &Row)>)| {
            let runs = places.chunk_by(|a, b| a.0 == b.0);
            let spread: Spread = runs.map(|run| (run[0].0, run.len())).collect();
            let table = tables.entry(spread);
            let table = table.or_insert_with_key(|spread| self.table(spread, all));
            (name.clone(), Arc::new(table.route(&places)))
        };
        places.into_iter().map(route).collect()
    }

    fn table(&self, spread: &Spread, all: &[Arc<Credential>]) -> Table {
        let guests = spread.iter().flat_map(|(menu, count)| {
            let guests = self.menus[*menu].guests.iter();
            guests.map(move |guests| (guests.clone(), *menu, *count))
        });
        let mut guests: Vec<_> = guests.collect();
        guests.sort_by_key(|(guests, _, _)| guests.start);
        let mut seats: Vec<(usize, usize, usize)> = Vec::new();
        for (guests, menu, count) in guests {
            for nth in 0..count {
                seats.extend(guests.clone().map(|guest| (guest, menu, nth)));
            }
        }
        seats.sort_by_key(|(guest, _, _)| Reverse(all[*guest].priority));
        let members = seats.iter().map(|(guest, _, _)| Arc::clone(&all[*guest]));
        let members = Members::new(members.collect());
        let mut end = 0;
        let runs = seats.chunk_by(|a, b| (a.1, a.2) == (b.1, b.2));
        let runs = runs.map(|run| {
            end += run.len();
            (end, run[0].1, run[0].2)
        });
        Table {
            members: Arc::new(members),
            seats: runs.collect(),
        }
    }
}

impl Table {
    /// The route of a name that is on these rows of menus.
    fn route(&self, places: &[(usize, &Row)]) -> Route {
        let runs = self.seats.iter().filter_map(|(end, menu, nth)| {
            let mut rows = places.iter().filter(|(place, _)| place == menu);
            let (_, row) = rows.nth(*nth)?;
            Some(Run {
                end: *end,
                target: Arc::clone(&row.target),
                responses: row.responses,
            })
        });
        Route::over(Arc::clone(&self.members), runs)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use modelgate_config::{Environment, parse};

    use crate::lists::ModelLists;
    use crate::{Catalog, Healths, Responses};

    fn catalog(text: &str) -> Catalog {
        let loaded = parse(text, Path::new("c.yaml"), &Environment::default()).unwrap();
        let (healths, lists) = (Healths::default(), ModelLists::default());
        Catalog::build(&loaded.config, &[], None, &healths, &lists)
    }

    /// The members of a route: credential and upstream's model.
    fn members(catalog: &Catalog, model: &str) -> Vec<String> {
        let route = catalog.route(model).unwrap();
        let told = route.members().map(|member| {
            let id = member.credential.id.as_str();
            format!("{id} {}", member.target.model)
        });
        told.collect()
    }

    #[test]
    fn names_with_the_same_members_share_them() {
        let catalog = catalog(
            "claude-api-key:
  - {api-key: a, models: [{name: x}, {name: y}, {name: z}]}
  - {api-key: b, models: [{name: x}, {name: y}], prefix: p}
  - {api-key: c, models: [{name: x}, {name: y}, {name: z}]}
",
        );
        let route = |name: &str| catalog.route(name).unwrap();
        assert!(route("x").shares_members_with(&route("y")));
        assert!(route("p/x").shares_members_with(&route("p/y")));
        assert!(!route("x").shares_members_with(&route("z")));
        let id = |number: usize| format!("claude-api-key[{number}]");
        let with = |numbers: &[usize], model: &str| -> Vec<String> {
            let members = numbers
                .iter()
                .map(|number| format!("{} {model}", id(*number)));
            members.collect()
        };
        assert_eq!(members(&catalog, "x"), with(&[0, 1, 2], "x"));
        assert_eq!(members(&catalog, "y"), with(&[0, 1, 2], "y"));
        assert_eq!(members(&catalog, "z"), with(&[0, 2], "z"));
        assert_eq!(members(&catalog, "p/y"), with(&[1], "y"));
    }

    #[test]
    fn a_pool_keeps_the_order_of_the_file_within_a_priority() {
        let catalog = catalog(
            "openai-compatibility:
  - {name: p, base-url: http://h, api-keys: [a, b], models: [{name: m1, alias: pool}, {name: m2, alias: pool}]}
  - {name: q, base-url: http://h, api-keys: [c], priority: 1, models: [{name: m3, alias: pool, responses: true}]}
  - {name: r, base-url: http://h, api-keys: [d], models: [{name: m1, alias: pool}]}
",
        );
        assert_eq!(
            members(&catalog, "pool"),
            [
                "q[0] m3", "p[0] m1", "p[1] m1", "p[0] m2", "p[1] m2", "r[0] m1"
            ]
        );
        let route = catalog.route("pool").unwrap();
        let responses: Vec<Responses> = route.members().map(|member| member.responses).collect();
        let never = [Responses::Never; 5];
        assert_eq!(responses, [&[Responses::Too][..], &never].concat());
        assert_eq!(
            catalog.models()[0].providers,
            ["q", "p", "r"].map(modelgate_dialects::Str::from)
        );
    }
}
