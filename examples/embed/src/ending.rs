//! When the program ends.

use perme8_events::host::Tasks;

/// Waits until somebody asks for the end, or until a task has failed without which nothing works.
pub(crate) fn asked_for(tasks: &Tasks) -> impl Future<Output = ()> + use<> {
    let failed = tasks.token();
    async move {
        tokio::select! {
            () = interrupted() => {}
            () = terminated() => {}
            () = failed.cancelled() => {}
        }
    }
}

/// Ctrl-C.
async fn interrupted() {
    tokio::signal::ctrl_c().await.expect("signals can be heard");
}

/// The polite request of a supervisor.
#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};

    signal(SignalKind::terminate()).expect("signals can be heard").recv().await;
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
