//! A login, from the choice of a provider to its account.

use jiff::{SignedDuration, Timestamp};
use modelgate_management::{LoginBegun, LoginWay, LoginWishes, Secret};

use crate::message::Trouble;

/// A login that goes on.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) way: &'static LoginWay,
    pub(crate) stage: Stage,
    /// What was pasted, or asked of the gateway, did not help.
    pub(crate) trouble: Option<Trouble>,
    /// When it was last asked how it stands.
    pub(crate) asked: Option<Timestamp>,
    pub(crate) scroll: usize,
    /// The QR code is shown, and nothing else.
    pub(crate) code_alone: bool,
}

/// What has been said of a login before it begins.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// What the person was asked for more than whose account it is.
    pub(crate) asks: bool,
    pub(crate) way: Option<&'static LoginWay>,
    pub(crate) wishes: LoginWishes,
    pub(crate) file: String,
}

/// How far a login is.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    /// The gateway is asked to begin it.
    Beginning,
    /// The person is at the provider, since then.
    Away { begun: LoginBegun, since: Timestamp },
    /// There is no account, and why.
    Failed(Trouble),
}

impl Login {
    pub(crate) fn new(way: &'static LoginWay) -> Self {
        Self {
            way,
            stage: Stage::Beginning,
            trouble: None,
            asked: None,
            scroll: 0,
            code_alone: false,
        }
    }

    /// What the gateway told of it, while it goes on.
    pub(crate) fn begun(&self) -> Option<&LoginBegun> {
        match &self.stage {
            Stage::Away { begun, .. } => Some(begun),
            Stage::Beginning | Stage::Failed(_) => None,
        }
    }

    pub(crate) fn is(&self, state: &Secret) -> bool {
        self.begun().is_some_and(|begun| begun.state == *state)
    }

    /// Whether it is time to ask again how it stands.
    pub(crate) fn is_older(&self, than: SignedDuration, now: Timestamp) -> bool {
        self.asked
            .is_none_or(|asked| now.duration_since(asked) >= than)
    }
}

/// The ways to log in that have all of these words.
pub(crate) fn ways(text: &str) -> Vec<&'static LoginWay> {
    static ALL: [LoginWay; LoginWay::ALL.len()] = LoginWay::ALL;
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let told = |way: &&LoginWay| {
        let told = format!("{} {}", way.name, way.words).to_lowercase();
        words.iter().all(|word| told.contains(word))
    };
    ALL.iter().filter(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_found_by_their_words() {
        let names = |text| -> Vec<&str> { ways(text).iter().map(|way| way.words).collect() };
        assert_eq!(names("").len(), LoginWay::ALL.len());
        assert_eq!(names("ANTHROPIC"), ["Anthropic Claude"]);
        assert_eq!(names("kiro git"), ["Kiro, with GitHub"]);
        assert!(names("myspace").is_empty());
    }
}
