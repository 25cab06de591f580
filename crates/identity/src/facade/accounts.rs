//! What people do with their own account, and what they prefer.

use perme8_events::{Actor, Origin};

use super::{Identity, Refusal, in_person};
use crate::{
    application::{
        acting::acting_in_person,
        change_email::{ChangeEmail, ChangeEmailError},
        change_password::{ChangePassword, ChangePasswordError},
        choose_preferences::{ChoosePreferences, ChoosePreferencesError},
        delete_account::{DeleteAccount, DeleteAccountError},
        export_account::{ExportAccount, ExportAccountError},
        issue_password_reset::{IssuePasswordReset, IssuePasswordResetError},
        read_models::{
            AccountExport, Authenticated, QueryError, SelectedAgent, UserProfile,
            WorkspacePreferences,
        },
        request_email_change::{RequestEmailChange, RequestEmailChangeError},
        request_password_reset::{RequestPasswordReset, RequestPasswordResetError},
        reset_password::{ResetPassword, ResetPasswordError},
        update_profile::{UpdateProfile, UpdateProfileError},
    },
    domain::{policy::Action, references::WorkspaceRef, session},
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

    /// Gives the person who acts another password; every other session ends.
    ///
    /// # Errors
    ///
    /// [`ChangePasswordError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session_id))]
    pub async fn change_password(
        &self,
        origin: Origin,
        command: ChangePassword,
    ) -> Result<(), ChangePasswordError> {
        let acting = acting_in_person(&origin);
        let prepared = command.prepare(acting, &self.db, &*self.passwords).await?;
        transact!(self, origin, tx => prepared.execute(tx))
    }

    /// Asks for a link that sets another password, to be sent by mail. Anybody may, and learns nothing.
    ///
    /// # Errors
    ///
    /// [`RequestPasswordResetError`].
    #[tracing::instrument(skip_all)]
    pub async fn request_password_reset(
        &self,
        origin: Origin,
        command: RequestPasswordReset,
    ) -> Result<(), RequestPasswordResetError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Finds out who it was that asked for such a link. Only the system may.
    ///
    /// # Errors
    ///
    /// [`IssuePasswordResetError`].
    #[tracing::instrument(skip_all)]
    pub async fn issue_password_reset(
        &self,
        origin: Origin,
        command: IssuePasswordReset,
    ) -> Result<(), IssuePasswordResetError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Sets another password by the token of a link from a mail, which shows who acts; every session ends.
    ///
    /// # Errors
    ///
    /// [`ResetPasswordError`].
    #[tracing::instrument(skip_all)]
    pub async fn reset_password(
        &self,
        origin: Origin,
        command: ResetPassword,
    ) -> Result<(), ResetPasswordError> {
        let prepared = command.prepare(&self.db, &*self.passwords, &*self.tokens).await?;
        transact!(self, origin.of(Actor::User(prepared.user_id)), tx => prepared.execute(tx))
    }

    /// Asks for another e-mail address of the person who acts; a link is sent there.
    ///
    /// # Errors
    ///
    /// [`RequestEmailChangeError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session_id))]
    pub async fn request_email_change(
        &self,
        origin: Origin,
        command: RequestEmailChange,
    ) -> Result<(), RequestEmailChangeError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Moves the account of the person who acts to the address that such a link was sent to.
    ///
    /// # Errors
    ///
    /// [`ChangeEmailError`].
    #[tracing::instrument(skip_all)]
    pub async fn change_email(
        &self,
        origin: Origin,
        command: ChangeEmail,
    ) -> Result<UserProfile, ChangeEmailError> {
        transact!(self, origin, tx => command.execute(tx, &*self.tokens))
    }

    /// Deletes the account of the person who acts, for good.
    ///
    /// # Errors
    ///
    /// [`DeleteAccountError`].
    #[tracing::instrument(skip_all, fields(session.id = %command.session_id))]
    pub async fn delete_account(
        &self,
        origin: Origin,
        command: DeleteAccount,
    ) -> Result<(), DeleteAccountError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Chooses anew what the person who acts prefers in a workspace.
    ///
    /// # Errors
    ///
    /// [`ChoosePreferencesError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn choose_preferences(
        &self,
        origin: Origin,
        command: ChoosePreferences,
    ) -> Result<WorkspacePreferences, ChoosePreferencesError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// What the person who asks prefers in a workspace; to strangers there is none.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn preferences(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<WorkspacePreferences, QueryError> {
        let user = in_person(origin)?;
        let workspace = self.seen(Action::ViewWorkspace, origin, workspace).await?;
        Ok(self.queries.preferences(user, workspace.id).await?)
    }

    /// The agents that the person who asks has selected, in the newest workspace first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn selected_agents(&self, origin: &Origin) -> Result<Vec<SelectedAgent>, QueryError> {
        Ok(self.queries.selected_agents(in_person(origin)?).await?)
    }

    /// Everything that this context holds of the person who asks, but secrets.
    ///
    /// # Errors
    ///
    /// [`ExportAccountError`].
    #[tracing::instrument(skip_all, fields(session.id = %asked.session_id))]
    pub async fn export_account(
        &self,
        origin: &Origin,
        asked: ExportAccount,
    ) -> Result<AccountExport, ExportAccountError> {
        let person = acting_in_person(origin).ok_or(ExportAccountError::Forbidden)?;
        let session = self.queries.session_by_id(asked.session_id).await?;
        let now = self.queries.now();
        let is_fresh = |session: &Authenticated| {
            session.user.id == person && session::is_fresh(session.authenticated_at, now)
        };
        if !session.as_ref().is_some_and(is_fresh) {
            return Err(ExportAccountError::NotFresh);
        }
        self.queries.export(person).await?.ok_or(ExportAccountError::Forbidden)
    }
}
