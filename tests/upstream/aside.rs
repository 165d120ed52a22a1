//! What is asked of a model beside its answers: counts, vectors, compactions. A scenario that fails, fails these too;
//! every other one lets them be served.

use crate::dialect::Dialect;
use crate::facts::Facts;
use crate::plan::Plan;
use crate::record::Records;
use crate::scenario;
use crate::script::Script;
use serde_json::Value;

/// An accepted request of that kind.
#[derive(Debug)]
pub(crate) struct Aside {
    dialect: Dialect,
    model: String,
    served: Script,
}

impl Aside {
    /// `served` is the whole answer of a `model` that works.
    pub(crate) fn new(dialect: Dialect, model: &Value, served: &Value) -> Self {
        Self {
            dialect,
            model: model.as_str().unwrap_or_default().to_owned(),
            served: Script::json(200, served),
        }
    }

    /// The model's ad-hoc script, its failure, or what was to be served.
    pub(crate) fn play(self, records: &Records) -> Script {
        if let Some(script) = records.script(&self.model) {
            return script;
        }
        let earlier_calls = records.count_call(&self.model);
        let facts = Facts {
            model: self.model,
            ..Facts::default()
        };
        match scenario::plan(self.dialect, &facts, earlier_calls) {
            Some(Plan::Reply(_)) => self.served,
            Some(plan) => plan.to_script(self.dialect, &facts),
            None => scenario::unknown(self.dialect, &facts.model).to_script(self.dialect),
        }
    }
}
