//! Of what the caller is told, and how.

use std::{fmt, str::FromStr};

use axum::extract::State;
use notifications::{Delivery, NotificationType, Preference, PreferenceList, SetPreferences};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    response::Data,
    state::Api,
};

const NO_HOUR: &str = "must be an hour from 0 to 23";

/// Of what somebody is told, and how; what is shown can be chosen again.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NotificationPreferences")]
pub(crate) struct Preferences {
    digest_hour: u8,
    preferences: Vec<Entry>,
}

/// How somebody is told of things of one type.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NotificationPreference")]
struct Entry {
    #[serde(rename = "type")]
    kind: NotificationType,
    workspace: Option<String>,
    delivery: Delivery,
}

impl From<PreferenceList> for Preferences {
    fn from(PreferenceList { digest_hour, preferences }: PreferenceList) -> Self {
        let entry = |Preference { notification_type: kind, workspace, delivery }| Entry {
            kind,
            workspace,
            delivery,
        };
        Self { digest_hour, preferences: preferences.into_iter().map(entry).collect() }
    }
}

impl FromFields for SetPreferences {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let hour = fields.integer("digest_hour").and_then(|hour| {
            let hour = u8::try_from(hour).ok();
            hour.or_else(|| fields.note("digest_hour", NO_HOUR))
        });
        let preferences = match fields.value("preferences") {
            Some(Value::Array(entries)) => list(fields, entries),
            Some(_) => fields.note("preferences", "must be a list"),
            None => None,
        };
        Some(Self { digest_hour: hour?, preferences: preferences? })
    }
}

/// Every entry, or a problem of every entry that has one.
fn list(fields: &mut Fields, entries: Vec<Value>) -> Option<Vec<Preference>> {
    let (mut preferences, count) = (Vec::new(), entries.len());
    for (number, entry) in (1..).zip(entries) {
        match preference(entry) {
            Ok(preference) => preferences.push(preference),
            Err(problem) => {
                fields.note::<()>("preferences", &format!("entry {number} {problem}"));
            }
        }
    }
    Some(preferences).filter(|preferences| preferences.len() == count)
}

fn preference(value: Value) -> Result<Preference, String> {
    let Value::Object(mut entry) = value else {
        return Err("must be an object".to_owned());
    };
    let kind: NotificationType = parsed(&mut entry, "type")?;
    let delivery: Delivery = parsed(&mut entry, "delivery")?;
    let workspace = text(&mut entry, "workspace")?;
    Ok(Preference { notification_type: kind, workspace, delivery })
}

fn parsed<T: FromStr<Err: fmt::Display>>(
    entry: &mut Map<String, Value>,
    name: &str,
) -> Result<T, String> {
    let text = text(entry, name)?.ok_or_else(|| format!("needs a {name}"))?;
    text.parse().map_err(|problem| format!("has no {name}: {problem}"))
}

fn text(entry: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match entry.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.contains('\0') => Ok(Some(text)),
        Some(_) => Err(format!("must have a text as {name}")),
    }
}

/// `GET /api/notifications/preferences`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<Preferences>, ApiError> {
    Ok(Data::new(api.notifications.preferences(&caller.origin).await?.into()))
}

/// `PUT /api/notifications/preferences`
pub(crate) async fn choose(
    State(api): State<Api>,
    caller: Caller,
    Body(command): Body<SetPreferences>,
) -> Result<Data<Preferences>, ApiError> {
    Ok(Data::new(api.notifications.set_preferences(caller.origin, command).await?.into()))
}
