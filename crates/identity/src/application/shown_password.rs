//! A password that is shown again.

use crate::{
    application::ports::Passwords,
    domain::secret::{PasswordHash, Secret},
};

/// What is stored of a password, if this is it. It takes as long where nothing is stored.
pub(crate) async fn shown(
    password: &Secret,
    stored: Option<PasswordHash>,
    passwords: &dyn Passwords,
) -> Option<PasswordHash> {
    let matches = passwords.verify(password.clone(), stored.clone()).await;
    stored.filter(|_| matches)
}
