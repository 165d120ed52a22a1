//! Every pair of a client's and an upstream's dialect, workload by workload.

use anyhow::{Result, ensure};

use super::{Effort, cpu, peak};
use crate::contender::{Contender, Stage};
use crate::process::Process;
use crate::report::grid::{Cell, Grid};
use crate::wire::Dialect;
use crate::workload::{Exchange, Goal, Workload};

/// Tools of the long request.
const TOOLS: usize = 30;
/// Bytes of the picture, before base64.
const PICTURE: usize = 20 << 20;

/// What is asked through a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A short question and its whole answer.
    Small,
    /// A short question and its streamed answer.
    Stream,
    /// A conversation of 1 MB with tools.
    Long,
    /// One big picture: memory is measured, not time.
    Picture,
}

impl Kind {
    /// Every kind, in the order of measurement.
    pub(crate) const ALL: [Self; 4] = [Self::Small, Self::Stream, Self::Long, Self::Picture];

    /// Its name in arguments.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "pair-small",
            Self::Stream => "pair-stream",
            Self::Long => "pair-long",
            Self::Picture => "pair-picture",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Small => "A small answer, CPU over the yardstick's",
            Self::Stream => "A stream of 64 chunks, CPU over the yardstick's",
            Self::Long => "A request of 1 MB, 200 messages, 30 tools, CPU over the yardstick's",
            Self::Picture => "A picture of 20 MB, peak growth of memory over the request's size",
        }
    }

    fn goal(self) -> Goal {
        match self {
            Self::Small => Goal::new(2.2, 1.6),
            Self::Stream => Goal::new(2.0, 1.4),
            Self::Long => Goal::new(2.5, 1.8),
            Self::Picture => Goal::new(4.0, 2.5),
        }
    }

    /// What a client of this dialect asks of this model; `None` if the dialect cannot carry it.
    fn exchange(self, client: Dialect, model: &str) -> Option<Exchange> {
        match self {
            Self::Small => Some(Exchange::whole(client, model)),
            Self::Stream => Some(Exchange::stream(client, model)),
            Self::Long => Some(Exchange::long_with_tools(client, model, TOOLS)),
            Self::Picture => Exchange::picture(client, model, PICTURE),
        }
    }

    /// The yardstick is asked the same in the same dialect, so that what it moves has the same size.
    fn workload(self, client: Dialect, upstream: Dialect) -> Option<Workload> {
        let exchange = self.exchange(client, upstream.model())?;
        let name = format!("{} {} → {}", self.name(), client.name(), upstream.name());
        Some(Workload::new(
            name,
            exchange.clone(),
            exchange,
            Some(self.goal()),
        ))
    }
}

/// Which pairs are measured, and with what.
#[derive(Debug)]
pub(crate) struct Pairs {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) pairs: Vec<(Dialect, Dialect)>,
}

impl Pairs {
    /// The pairs of these clients and upstreams; no name stands for all of them.
    pub(crate) fn of(kinds: Vec<Kind>, clients: &[Dialect], upstreams: &[Dialect]) -> Result<Self> {
        let wanted = |names: &[Dialect], dialect| names.is_empty() || names.contains(&dialect);
        let pairs: Vec<_> = Dialect::CLIENTS
            .into_iter()
            .flat_map(|client| Dialect::UPSTREAMS.map(|upstream| (client, upstream)))
            .filter(|(client, upstream)| wanted(clients, *client) && wanted(upstreams, *upstream))
            .collect();
        ensure!(!pairs.is_empty(), "no upstream is asked in that dialect");
        ensure!(
            !kinds.is_empty(),
            "no workload of the pairs has such a name; --list shows them"
        );
        Ok(Self { kinds, pairs })
    }

    /// One grid for each kind; `tell` hears what is being measured.
    pub(crate) fn measure(
        &self,
        stage: &Stage,
        running: &[(Contender, Process)],
        effort: Effort,
        tell: impl Fn(&str),
    ) -> Vec<Grid> {
        let grid = |kind: &Kind| {
            let cell = |(client, upstream): &(Dialect, Dialect)| {
                let workload = kind.workload(*client, *upstream)?;
                tell(&workload.name);
                let row = match kind {
                    Kind::Picture => peak::peak(stage, &workload, effort),
                    Kind::Small | Kind::Stream | Kind::Long => {
                        cpu(stage, running, &workload, effort)
                    }
                };
                Some(Cell {
                    client: *client,
                    upstream: *upstream,
                    row,
                })
            };
            Grid {
                title: kind.title().to_owned(),
                goal: kind.goal(),
                cells: self.pairs.iter().filter_map(cell).collect(),
            }
        };
        let mut grids: Vec<Grid> = self.kinds.iter().map(grid).collect();
        grids.retain(|grid| !grid.cells.is_empty());
        grids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_choose_pairs_and_completions_has_no_picture() {
        let all = Pairs::of(Kind::ALL.to_vec(), &[], &[]).unwrap();
        assert_eq!(all.pairs.len(), 20);
        let one = Pairs::of(vec![Kind::Small], &[Dialect::Gemini], &[Dialect::Chat]).unwrap();
        assert_eq!(one.pairs, [(Dialect::Gemini, Dialect::Chat)]);
        assert!(Pairs::of(vec![Kind::Small], &[], &[Dialect::Completions]).is_err());
        let picture = Exchange::picture(Dialect::Completions, "m", 18);
        assert!(picture.is_none());
    }
}
