//! Delivering a dead letter with other data.
//!
//! The log stays as it is: the new data are kept with the delivery, and only this one handler sees them, this one time. What
//! identifies people in them is sealed as it is in the log.

use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::{
    application::transaction::Transaction as _,
    domain::{
        catalogue::EventSubject, core_events::OperatorAction, envelope::Envelope,
        error::StorageError, position::Position, unsaved::NewEvent,
    },
    infrastructure::{
        log::append,
        runtime::operations::{
            Act, Operations, dead_letters::unknown, error::OperationError, operator::Operator,
        },
        sealing::Written,
    },
    sql,
};

impl Operations {
    /// Delivers a dead letter again with other data in the place of its event's, and after it what waits behind it.
    ///
    /// The data have the shape of the event as the running program writes it, and name the same aggregate and workspace: a
    /// delivery stays in its place among those of its key, and is for whom the event was. They stay with the delivery when it
    /// fails again, until they are edited once more.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such dead letter, or the data are not what the event's type says, or about something
    /// else.
    pub async fn edit(
        &self,
        operator: &Operator,
        handler: &str,
        position: Position,
        data: Box<RawValue>,
    ) -> Result<(), OperationError> {
        let detail = self.dead_letter(handler, position).await?;
        let event = detail.event.ok_or(OperationError::EventGone { position })?;
        let (edited, parsed) = self.edited(event, data)?;
        self.act(operator, async |tx| {
            let now = tx.now();
            let Written { data, sealed } = tx.write_event(edited.event_id, &parsed).await?;
            // What is about nobody is kept as the operator has written it.
            let is_sealed = !parsed.personal().is_empty();
            let data = if is_sealed { json(data)? } else { edited.data.clone() };
            let sealed = sealed.map(json).transpose()?;
            let changed = tx
                .query(sql!(
                    "UPDATE event_deliveries SET edited_version = $3, edited_data = $4, edited_sealed = $6, is_dead = FALSE, attempts = 0,
                       due_at = $5, updated_at = $5
                     WHERE handler = $1 AND position = $2 AND is_dead"
                ))
                .bind(handler)
                .bind(position.number())
                .bind(i32::from(edited.version))
                .bind(Json(data))
                .bind(now)
                .bind(sealed.map(Json))
                .exec()
                .await?;
            if changed == 0 {
                return Err(unknown(handler, position));
            }
            Ok(((), Some(Act::on_handler(OperatorAction::Edit, handler).at(position))))
        })
        .await
    }

    /// The event with other data, if they are data of its type, and what they say.
    fn edited(
        &self,
        event: Envelope,
        data: Box<RawValue>,
    ) -> Result<(Envelope, NewEvent), OperationError> {
        if !append::is_storable(data.get()) {
            return Err(OperationError::Unstorable);
        }
        let Some(descriptor) = self.descriptor(&event.event_type) else {
            return Err(OperationError::UnknownEventType { event_type: event.event_type });
        };
        let version = descriptor.version;
        let subject = (descriptor.check)(version, &data).map_err(OperationError::Undecodable)?;
        if !is_about(&event, (descriptor.check)(event.version, &event.data).ok(), &subject) {
            let Envelope { aggregate_type, aggregate_id, .. } = event;
            return Err(OperationError::AnotherSubject { aggregate_type, aggregate_id });
        }
        let parsed = (descriptor.parse)(version, &data).map_err(OperationError::Undecodable)?;
        Ok((Envelope { version, data, ..event }, parsed))
    }
}

fn json(text: String) -> Result<Box<RawValue>, StorageError> {
    Ok(RawValue::from_string(text)?)
}

/// Whether `edited` is the subject of the event, whose own data name `original`, if they can be read at all.
fn is_about(event: &Envelope, original: Option<EventSubject>, edited: &EventSubject) -> bool {
    let is_workspace = match original {
        Some(original) => edited.workspace_id == original.workspace_id,
        // The workspace of the envelope may be that of the request, which data need not name.
        None => edited.workspace_id.is_none() || edited.workspace_id == event.workspace_id,
    };
    edited.aggregate_id == event.aggregate_id && is_workspace
}
