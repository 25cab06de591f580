//! Applying events to a read model by hand.

use std::sync::Arc;

use crate::{
    application::handler::HandlerError,
    domain::envelope::Envelope,
    infrastructure::{
        projection::{Generation, Projection, Rows},
        runtime::erased,
        tx::Tx,
    },
};

/// Applies events to the rows of a generation, in this order and all at once, for a test that looks at the rows then.
///
/// # Errors
///
/// [`HandlerError`] when they cannot be applied.
pub async fn apply(
    tx: &mut Tx,
    projection: &impl Projection,
    generation: Generation,
    events: &[Envelope],
) -> Result<(), HandlerError> {
    let events: Vec<_> = events.iter().cloned().map(Arc::new).collect();
    erased::apply_all(projection, &mut Rows::new(tx, generation), &events).await
}
