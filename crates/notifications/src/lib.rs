#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`Notifications`] is the facade. Each of its methods takes a command ([`MarkRead`], [`MarkAllRead`],
//!   [`DeleteNotification`], [`SetPreferences`]), which says what it emits, or answers a question; its error says why not.
//! - [`EVENTS`] are [`NotificationCreated`], [`NotificationRead`], [`NotificationsRead`], [`NotificationActionTaken`] and
//!   [`NotificationDeleted`].
//! - [`OnInvitation`] and [`OnWorkspaceActivity`] tell, and [`Announcer`] tells those whom they leave; [`OnAccessLost`] and
//!   [`OnUserDeleted`] take away, and [`Clearer`] the rest; [`OnDigestDue`] mails. A host registers all seven.
//! - [`Directory`], [`ProjectDirectory`] and [`DocumentDirectory`] are the ports by which it asks others; [`IdentityGateway`],
//!   [`ProjectsGateway`] and [`DocumentsGateway`] ask the contexts of the same host.

mod application;
mod domain;
mod facade;
mod infrastructure;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

// Facade: api, web, the host and tests.
pub use facade::Notifications;
pub use infrastructure::MIGRATIONS;

// Commands and their errors: for whoever may use the facade.
pub use application::delete_notification::{DeleteNotification, DeleteNotificationError};
pub use application::mark_all_read::{MarkAllRead, MarkAllReadError};
pub use application::mark_read::{MarkRead, MarkReadError};
pub use application::purge_notifications::{PurgeNotifications, PurgeNotificationsError};
pub use application::set_preferences::{SetPreferences, SetPreferencesError};

// Read models of the facade, and why it did not answer.
pub use application::preference_list::{Preference, PreferenceList};
pub use application::read_models::{
    ListNotifications, NotificationPage, NotificationSummary, QueryError,
};
pub use domain::cursor::{Cursor, InvalidCursor};

// Events: for the handlers of other contexts.
pub use domain::events::{
    EVENTS, NotificationActionTaken, NotificationCreated, NotificationDeleted, NotificationRead,
    NotificationsRead,
};

// Language: for every layer of other contexts.
pub use domain::action::{NotificationAction, UnknownNotificationAction};
pub use domain::delivery::{Delivery, UnknownDelivery};
pub use domain::link::Link;
pub use domain::notification::{NotificationId, UserNotification};
pub use domain::notification_type::{NotificationType, UnknownNotificationType};

// Handlers and workers: the host runs them.
pub use application::announcement::Announcement;
pub use application::clearance::Clearance;
pub use application::on_access_lost::OnAccessLost;
pub use application::on_digest_due::OnDigestDue;
pub use application::on_invitation::OnInvitation;
pub use application::on_user_deleted::OnUserDeleted;
pub use application::on_workspace_activity::OnWorkspaceActivity;
pub use facade::announcer::Announcer;
pub use facade::clearer::Clearer;

// Ports that a host may implement, and their implementations on identity, projects and documents.
pub use application::ports::{
    Addressee, Colleague, Directory, DocumentDirectory, DocumentView, ProjectDirectory,
    ProjectView, SentInvitation, WorkspaceNames, WorkspaceView,
};
pub use infrastructure::documents_gateway::DocumentsGateway;
pub use infrastructure::identity_gateway::IdentityGateway;
pub use infrastructure::projects_gateway::ProjectsGateway;
