//! Applying events to a read model by hand.

use crate::{
    application::handler::HandlerError,
    domain::envelope::Envelope,
    infrastructure::{
        projection::{Generation, Projection, Rows},
        tx::Tx,
    },
};

/// Applies events to the rows of a generation, in this order, for a test that looks at the rows then.
///
/// # Errors
///
/// [`HandlerError`] of the first event that cannot be applied.
pub async fn apply(
    tx: &mut Tx,
    projection: &impl Projection,
    generation: Generation,
    events: &[Envelope],
) -> Result<(), HandlerError> {
    for event in events {
        projection.apply(&mut Rows::new(tx, generation), event).await?;
    }
    Ok(())
}
