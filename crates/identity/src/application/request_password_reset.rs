//! Asking for a link that sets another password.

use perme8_events::{StorageError, Transaction};

use crate::{
    application::request_magic_link::{LinkWish, request_link},
    domain::discreet::discreet,
};

/// Asks for a link that sets another password, to be sent to this address if anybody has an account with it. Anybody may.
///
/// As with [`RequestMagicLink`](crate::RequestMagicLink), nobody learns whether there is such an account.
#[derive(Clone)]
pub struct RequestPasswordReset {
    /// The e-mail address, in any letter case.
    pub email: String,
}

discreet! { RequestPasswordReset {  } }

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RequestPasswordResetError {
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RequestPasswordReset {
    #[expect(clippy::unused_async, reason = "use cases are called in one way")]
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Transaction,
    ) -> Result<(), RequestPasswordResetError> {
        request_link(tx, &self.email, LinkWish::ResetPassword);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{NEWCOMER, OWNER, company, report};

    #[tokio::test]
    async fn whoever_asks_for_whichever_address_does_the_same_thing() {
        let mut tx = company().of(Actor::Anonymous);
        for email in [OWNER.email, NEWCOMER.email, " Nobody@Example.com", "no address"] {
            RequestPasswordReset { email: email.to_owned() }.execute(&mut tx).await.unwrap();
        }
        expect![[r#"
            Ok(())
            enqueue identity.link_requests {"email":"owner@example.com","wish":"reset_password"}
            enqueue identity.link_requests {"email":"newcomer@example.com","wish":"reset_password"}
            enqueue identity.link_requests {"email":"nobody@example.com","wish":"reset_password"}
        "#]]
        .assert_eq(&report(&Ok::<_, StorageError>(()), &tx));
    }
}
