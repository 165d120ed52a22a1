//! Who may manage a running gateway.

use crate::secret::Secret;

/// Who may manage a running gateway (`management-api.md` 1.1 and 1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Management {
    /// The keys may be presented from other machines too.
    pub allow_remote: bool,
    /// What may be presented. Empty: there is no management but by the token of a run.
    pub keys: Vec<ManagementKey>,
    /// There is a page for browsers: `disable-control-panel` is not set.
    pub panel: bool,
}

/// A key that opens the management API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagementKey {
    /// Where it is from, for logs: `remote-management.secret-key`, or the name of a variable.
    pub origin: &'static str,
    /// What a presented key is compared with.
    pub proof: Proof,
    /// It may be presented from other machines whatever `allow_remote` says.
    pub opens_remote: bool,
}

/// What a presented management key is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The key itself.
    Plain(Secret),
    /// Its bcrypt hash, as the file has it.
    Bcrypt(Secret),
}

impl Default for Management {
    fn default() -> Self {
        Self {
            allow_remote: false,
            keys: Vec::new(),
            panel: true,
        }
    }
}

impl Management {
    /// Whether a key may be presented from other machines.
    #[must_use]
    pub fn opens_remote(&self, key: &ManagementKey) -> bool {
        self.allow_remote || key.opens_remote
    }

    /// The key of the file, while it still stands there in clear.
    #[must_use]
    pub fn plain_in_file(&self) -> Option<&Secret> {
        let mut plain = self.keys.iter().filter_map(|key| match &key.proof {
            Proof::Plain(secret) if key.origin == crate::management::SECRET_KEY => Some(secret),
            Proof::Plain(_) | Proof::Bcrypt(_) => None,
        });
        plain.next()
    }
}
