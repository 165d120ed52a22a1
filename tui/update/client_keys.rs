//! Client keys: made, changed, disabled, given another secret, and ended.

use modelgate_management::{ClientKey, KeyChange, NewKey, keys};

use super::typing::Accepted;
use crate::app::{App, Input, Purpose, Question};
use crate::format;
use crate::message::{Deed, Effect};

/// Asks whose a new key is.
pub(super) fn make(app: &mut App) {
    app.keys.changed = None;
    app.keys.draft = NewKey::default();
    app.input = Some(Input::empty(Purpose::NameKey));
}

/// Asks what the chosen key shall be called, and then what it may do.
pub(super) fn change(app: &mut App) {
    if let Some(key) = chosen(app) {
        app.keys.draft = as_new(&key);
        let name = key.name.clone().unwrap_or_default();
        app.keys.changed = Some(key);
        app.input = Some(Input::new(Purpose::NameKey, name));
    }
}

/// The name was typed.
pub(super) fn named(app: &mut App, name: &str) -> Accepted {
    let own = app.keys.changed.as_ref().map(|key| &*key.id);
    let mut others = app.listed_keys().iter().filter(|key| Some(&*key.id) != own);
    if others.any(|key| key.name.as_deref() == Some(name)) {
        return Err("there is one of this name already".to_owned());
    }
    let draft = &mut app.keys.draft;
    draft.name = Some(name.to_owned()).filter(|name| !name.is_empty());
    app.input = Some(Input::new(Purpose::KeyModels, draft.models.join(", ")));
    Ok(Vec::new())
}

/// Which models it may use was typed.
pub(super) fn limited(app: &mut App, models: &str) {
    let models = models.split(',').map(|model| model.trim().to_owned());
    let draft = &mut app.keys.draft;
    draft.models = models.filter(|model| !model.is_empty()).collect();
    let expires = draft.expires.clone().unwrap_or_default();
    app.input = Some(Input::new(Purpose::KeyExpires, expires));
}

/// Its end was typed.
pub(super) fn ended(app: &mut App, expires: &str) -> Accepted {
    if !expires.is_empty() {
        keys::check_expiry(expires)?;
    }
    let mut new = std::mem::take(&mut app.keys.draft);
    new.expires = Some(expires.to_owned()).filter(|expires| !expires.is_empty());
    let Some(key) = app.keys.changed.take() else {
        return Ok(vec![Effect::Do(Deed::AddKey(new))]);
    };
    let change = difference(&as_new(&key), new);
    if change == KeyChange::default() {
        app.toast("nothing was changed", false);
        return Ok(Vec::new());
    }
    let id = key.id;
    Ok(vec![Effect::Do(Deed::ChangeKey { id, change })])
}

/// Refuses who presents the chosen key, or no longer.
pub(super) fn disable(app: &App) -> Vec<Effect> {
    let deed = chosen(app).map(|key| Deed::ChangeKey {
        id: key.id,
        change: KeyChange {
            disabled: Some(!key.disabled),
            ..KeyChange::default()
        },
    });
    deed.map(Effect::Do).into_iter().collect()
}

/// Asks whether the chosen key shall have another secret.
pub(super) fn rotate(app: &mut App) {
    if let Some(key) = chosen(app) {
        let name = key.name.as_deref().unwrap_or(&key.id);
        app.question = Some(Question {
            text: format!(
                "Give the client key {name} another secret? Who presents the one of now is refused from then on."
            ),
            deed: Deed::RotateKey(key),
        });
    }
}

/// Asks whether the chosen key shall be ended.
pub(super) fn revoke(app: &mut App) {
    if let Some(key) = chosen(app) {
        let name = key.name.as_deref().unwrap_or(&key.id);
        app.question = Some(Question {
            text: format!(
                "Revoke the client key {name}? Who presents it is refused from now on. This cannot be undone."
            ),
            deed: Deed::RevokeKey { id: key.id },
        });
    }
}

/// What a key may do, as it would be typed.
pub(super) fn as_new(key: &ClientKey) -> NewKey {
    NewKey {
        name: key.name.clone(),
        models: key.models.clone(),
        expires: key.expires.map(format::typed_date),
    }
}

/// What is otherwise than it was; what is gone is empty.
fn difference(was: &NewKey, now: NewKey) -> KeyChange {
    let text =
        |was: &Option<String>, now: Option<String>| (*was != now).then(|| now.unwrap_or_default());
    KeyChange {
        name: text(&was.name, now.name),
        models: (was.models != now.models).then_some(now.models),
        expires: text(&was.expires, now.expires),
        disabled: None,
    }
}

fn chosen(app: &App) -> Option<ClientKey> {
    let id = app.chosen()?;
    let mut keys = app.listed_keys().iter();
    keys.find(|key| key.id == id).cloned()
}
