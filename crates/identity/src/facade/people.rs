//! Accounts and sessions.

use chrono::{DateTime, Utc};
use perme8_events::{Actor, Origin, StorageError};

use super::{Identity, Refusal, in_person};
use crate::{
    application::{
        acting::acting_in_person,
        confirm_user::{ConfirmUser, ConfirmUserError},
        issue_confirmation::{IssueConfirmation, IssueConfirmationError},
        issue_magic_link::{IssueMagicLink, IssueMagicLinkError},
        issue_ticket::{IssueTicket, IssueTicketError},
        log_in::{LogIn, LogInError},
        log_in_by_link::{LogInByLink, LogInByLinkError},
        log_out::{LogOut, LogOutError},
        ports::Sessions as _,
        purge_expired::{PurgeExpired, PurgeExpiredError},
        read_models::{
            Authenticated, IssuedTicket, LoggedIn, QueryError, SessionSummary, UserProfile,
        },
        reauthenticate::{Reauthenticate, ReauthenticateError},
        redeem_ticket::{RedeemTicket, RedeemTicketError},
        register_user::{RegisterUser, RegisterUserError},
        request_magic_link::{RequestMagicLink, RequestMagicLinkError},
    },
    domain::{references::SessionId, secret::Secret, session::USE_NOTED},
};

impl Identity {
    /// Makes an account, or makes one anew that nobody has confirmed. Anybody may.
    ///
    /// # Errors
    ///
    /// [`RegisterUserError`].
    #[tracing::instrument(skip_all)]
    pub async fn register_user(
        &self,
        origin: Origin,
        command: RegisterUser,
    ) -> Result<UserProfile, RegisterUserError> {
        let new = command.prepare(&*self.passwords).await?;
        transact!(self, origin, tx => RegisterUser::execute(&new, tx))
    }

    /// Makes a token that confirms an e-mail address, for whoever can send it there. Only the system may.
    ///
    /// # Errors
    ///
    /// [`IssueConfirmationError`].
    #[tracing::instrument(skip_all)]
    pub async fn issue_confirmation(
        &self,
        origin: Origin,
        command: IssueConfirmation,
    ) -> Result<Secret, IssueConfirmationError> {
        transact!(self, origin, tx => command.execute(tx, &*self.tokens))
    }

    /// Confirms an e-mail address by such a token, which shows who acts.
    ///
    /// # Errors
    ///
    /// [`ConfirmUserError`].
    #[tracing::instrument(skip_all)]
    pub async fn confirm_user(
        &self,
        origin: Origin,
        command: ConfirmUser,
    ) -> Result<UserProfile, ConfirmUserError> {
        let presented = command.present(&self.db, &*self.passwords, &*self.tokens).await?;
        transact!(self, origin.of(Actor::User(presented.user_id)), tx => ConfirmUser::execute(&presented, tx))
    }

    /// Asks for a link that logs in, to be sent by mail. Anybody may, and learns nothing.
    ///
    /// # Errors
    ///
    /// [`RequestMagicLinkError`].
    #[tracing::instrument(skip_all)]
    pub async fn request_magic_link(
        &self,
        origin: Origin,
        command: RequestMagicLink,
    ) -> Result<(), RequestMagicLinkError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Finds out who it was that asked for a link. Only the system may.
    ///
    /// # Errors
    ///
    /// [`IssueMagicLinkError`].
    #[tracing::instrument(skip_all)]
    pub async fn issue_magic_link(
        &self,
        origin: Origin,
        command: IssueMagicLink,
    ) -> Result<(), IssueMagicLinkError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Begins a session by the token of a link from a mail, which shows who acts; confirms the address where nobody has.
    ///
    /// # Errors
    ///
    /// [`LogInByLinkError`].
    #[tracing::instrument(skip_all)]
    pub async fn log_in_by_link(
        &self,
        origin: Origin,
        command: LogInByLink,
    ) -> Result<LoggedIn, LogInByLinkError> {
        let presented = command.present(&self.db, &*self.passwords, &*self.tokens).await?;
        transact!(self, origin.of(Actor::User(presented.user_id)), tx => LogInByLink::execute(&presented, tx, &*self.tokens))
    }

    /// Begins a session by address and password, which show who acts.
    ///
    /// # Errors
    ///
    /// [`LogInError`].
    #[tracing::instrument(skip_all)]
    pub async fn log_in(&self, origin: Origin, command: LogIn) -> Result<LoggedIn, LogInError> {
        let presented = command.present(&self.db, &*self.passwords).await?;
        transact!(self, origin.of(Actor::User(presented.user_id)), tx => presented.execute(tx, &*self.tokens))
    }

    /// Whose session a token proves, while it lasts.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    #[tracing::instrument(skip_all)]
    pub async fn authenticate(
        &self,
        token: &Secret,
    ) -> Result<Option<Authenticated>, StorageError> {
        let Some(hash) = self.tokens.digest(token) else { return Ok(None) };
        let Some((session, used_at)) = self.queries.session(&hash).await? else {
            return Ok(None);
        };
        if used_at + USE_NOTED <= self.queries.now() {
            self.note_use(session.session_id).await;
        }
        Ok(Some(session))
    }

    /// What fails here, keeps nobody from what they came for.
    async fn note_use(&self, session: SessionId) {
        let origin = Origin::system("identity.sessions");
        let noted: Result<(), StorageError> =
            self.uow.run(origin, async |tx| tx.note_use(session).await).await;
        if let Err(error) = noted {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the use of a session is not noted"
            );
        }
    }

    /// The sessions of the person who asks, those that began last first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn sessions(&self, origin: &Origin) -> Result<Vec<SessionSummary>, QueryError> {
        Ok(self.queries.sessions(in_person(origin)?).await?)
    }

    /// Shows that whoever acts in a session is still the person who began it; says until when that holds.
    ///
    /// # Errors
    ///
    /// [`ReauthenticateError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session_id))]
    pub async fn reauthenticate(
        &self,
        origin: Origin,
        command: Reauthenticate,
    ) -> Result<DateTime<Utc>, ReauthenticateError> {
        let acting = acting_in_person(&origin);
        let presented = command.present(acting, &self.db, &*self.passwords, &*self.tokens).await?;
        transact!(self, origin, tx => presented.execute(tx))
    }

    /// A session of the person who asks, while it lasts.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(session.id = %id))]
    pub async fn session(
        &self,
        origin: &Origin,
        id: SessionId,
    ) -> Result<Option<Authenticated>, QueryError> {
        let user = in_person(origin)?;
        let session = self.queries.session_by_id(id).await?;
        Ok(session.filter(|session| session.user.id == user))
    }

    /// Makes a ticket that shows a session of the person who acts, once and soon.
    ///
    /// # Errors
    ///
    /// [`IssueTicketError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session_id))]
    pub async fn issue_ticket(
        &self,
        origin: Origin,
        command: IssueTicket,
    ) -> Result<IssuedTicket, IssueTicketError> {
        transact!(self, origin, tx => command.execute(tx, &*self.tokens))
    }

    /// Shows a session by a ticket, which is worthless afterwards.
    ///
    /// # Errors
    ///
    /// [`RedeemTicketError`].
    #[tracing::instrument(skip_all)]
    pub async fn redeem_ticket(
        &self,
        origin: Origin,
        command: RedeemTicket,
    ) -> Result<Authenticated, RedeemTicketError> {
        let shown = transact!(self, origin, tx => command.execute(tx, &*self.tokens))?;
        self.queries.session_by_id(shown).await?.ok_or(RedeemTicketError::Worthless)
    }

    /// Ends a session of the person who acts.
    ///
    /// # Errors
    ///
    /// [`LogOutError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session_id))]
    pub async fn log_out(&self, origin: Origin, command: LogOut) -> Result<(), LogOutError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Forgets sessions, tickets, tokens and keys whose time is over, and says how many; fewer than the limit means that nothing
    /// is left. Only the system may.
    ///
    /// # Errors
    ///
    /// [`PurgeExpiredError`].
    #[tracing::instrument(skip_all)]
    pub async fn purge_expired(
        &self,
        origin: Origin,
        command: PurgeExpired,
    ) -> Result<u64, PurgeExpiredError> {
        transact!(self, origin, tx => command.execute(tx))
    }
}
