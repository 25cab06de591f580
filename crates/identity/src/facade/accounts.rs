//! What people do with their own account.

use perme8_events::Origin;

use super::{Identity, Refusal};
use crate::application::{
    read_models::UserProfile,
    update_profile::{UpdateProfile, UpdateProfileError},
};

impl Identity {
    /// Changes the profile of the person who acts.
    ///
    /// # Errors
    ///
    /// [`UpdateProfileError`].
    #[tracing::instrument(skip_all)]
    pub async fn update_profile(
        &self,
        origin: Origin,
        command: UpdateProfile,
    ) -> Result<UserProfile, UpdateProfileError> {
        transact!(self, origin, tx => command.execute(tx))
    }
}
