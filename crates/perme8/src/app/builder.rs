//! A system that runs more than its contexts do.

use perme8_events::{
    EventHandler,
    host::{Runtime, RuntimeBuilder},
    sql::{Db, Tx},
};

use crate::app::{App, AppError, AppOptions};

/// Composes a system that also runs what somebody else has written; [`App::builder`] begins it.
///
/// What is added shares the runtime of the host: its leases, its retries, its dead letters, its metrics, and the commands by
/// which operators intervene.
#[derive(Debug)]
pub struct AppBuilder {
    db: Db,
    options: AppOptions,
    runtime: RuntimeBuilder,
}

impl AppBuilder {
    pub(super) fn new(db: Db, options: AppOptions) -> Self {
        Self { runtime: Runtime::builder(&db), db, options }
    }

    /// Adds a durable handler, which hears the events of every context.
    ///
    /// Its name begins with a word that is no context of the host. A later program without it is refused if it says, by
    /// [`RuntimeBuilder::owning`], that what begins with this word is its own; if not, it leaves the handler to others.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use async_trait::async_trait;
    /// use perme8::{App, AppError, AppOptions};
    /// use perme8_events::{
    ///     Envelope, EventHandler, HandlerError, Subscriber, Subscription,
    ///     sql::{Db, Tx},
    /// };
    /// use projects::ProjectCreated;
    ///
    /// /// Says which projects begin.
    /// struct Herald;
    ///
    /// impl Subscriber for Herald {
    ///     fn name(&self) -> &'static str {
    ///         "herald.on_project_created"
    ///     }
    ///
    ///     fn subscriptions(&self) -> &[Subscription] {
    ///         const { &[Subscription::to::<ProjectCreated>()] }
    ///     }
    /// }
    ///
    /// #[async_trait]
    /// impl EventHandler<Tx> for Herald {
    ///     type Facts = ();
    ///
    ///     async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
    ///         Ok(())
    ///     }
    ///
    ///     async fn handle(&self, _: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
    ///         if let Some(project) = event.decode::<ProjectCreated>()? {
    ///             println!("{} begins", project.name);
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// async fn host(db: Db) -> Result<App, AppError> {
    ///     let app = App::builder(db, AppOptions::default()).handler(Herald).assemble().await?;
    ///     app.start().await?;
    ///     Ok(app)
    /// }
    /// ```
    #[must_use]
    pub fn handler<H>(self, handler: H) -> Self
    where
        H: EventHandler<Tx> + 'static,
    {
        self.running(|runtime| runtime.handler(handler))
    }

    /// Adds whatever else a runtime has: projections, workers, schedules, process managers, names that are retired.
    ///
    /// The name of the node is that of the options, whatever is said of it here.
    #[must_use]
    pub fn running(self, add: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder) -> Self {
        Self { runtime: add(self.runtime), ..self }
    }

    /// Composes the system over the migrated database, and begins to follow its log.
    ///
    /// # Errors
    ///
    /// As [`App::assemble`].
    pub async fn assemble(self) -> Result<App, AppError> {
        let Self { db, options, runtime } = self;
        // It is large, and those who wait for it are not to be.
        Box::pin(App::compose(db, options, runtime)).await
    }
}
