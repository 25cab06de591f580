//! Asking for a link that logs in.

use perme8_events::{Job, StorageError, Transaction};
use serde::{Deserialize, Serialize};

use crate::domain::{discreet::discreet, email::Email};

/// Asks for a link that logs in, to be sent to this address if anybody has an account with it. Anybody may.
///
/// Whether there is such an account, is looked up later, by [`IssueMagicLink`](crate::IssueMagicLink): what is done here, and how
/// long it takes, is the same for every address.
#[derive(Clone)]
pub struct RequestMagicLink {
    /// The e-mail address, in any letter case.
    pub email: String,
}

discreet! { RequestMagicLink {  } }

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RequestMagicLinkError {
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Somebody wants a link; in its queue until it is looked up who that is.
#[derive(Serialize, Deserialize)]
pub struct LinkRequest {
    pub(crate) email: String,
    #[serde(default)]
    pub(crate) wish: LinkWish,
}

/// What somebody wants a link for.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkWish {
    #[default]
    LogIn,
    ResetPassword,
}

discreet! { LinkRequest {  } }

impl Job for LinkRequest {
    const QUEUE: &'static str = "identity.link_requests";
}

impl RequestMagicLink {
    #[expect(clippy::unused_async, reason = "use cases are called in one way")]
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Transaction,
    ) -> Result<(), RequestMagicLinkError> {
        request_link(tx, &self.email, LinkWish::LogIn);
        Ok(())
    }
}

/// Has it looked up who wants the link. What is no address, nobody has an account with; the caller does not learn of that
/// either.
pub(crate) fn request_link(tx: &mut impl Transaction, email: &str, wish: LinkWish) {
    if let Ok(email) = Email::parse(email) {
        tx.enqueue(LinkRequest { email: email.to_string(), wish });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{NEWCOMER, OWNER, company, report};

    async fn check(email: &str, expected: Expect) {
        let mut tx = company().of(Actor::Anonymous);
        let outcome = RequestMagicLink { email: email.to_owned() }.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn whoever_asks_for_whichever_address_does_the_same_thing() {
        check(
            OWNER.email,
            expect![[r#"
            Ok(())
            enqueue identity.link_requests {"email":"owner@example.com","wish":"log_in"}
        "#]],
        )
        .await;
        check(
            NEWCOMER.email,
            expect![[r#"
            Ok(())
            enqueue identity.link_requests {"email":"newcomer@example.com","wish":"log_in"}
        "#]],
        )
        .await;
        check(
            " Nobody@Example.com",
            expect![[r#"
            Ok(())
            enqueue identity.link_requests {"email":"nobody@example.com","wish":"log_in"}
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_no_address_is_nobodys() {
        check(
            "no address",
            expect![[r#"
            Ok(())
        "#]],
        )
        .await;
    }
}
