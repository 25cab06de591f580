//! A program with people of its own, in which two contexts of perme8 are embedded: `projects` and `erm`.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

mod ending;
mod routes;
mod staff;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use clap::Parser;
use erm::Erm;
use perme8_events::{
    host::{Feed, Runtime, Tasks},
    sql::{DatabaseUrl, Db, DbOptions, MIGRATIONS, UnitOfWork},
};
use projects::Projects;
use tokio::net::TcpListener;

use crate::{routes::Office, staff::Staff};

/// Keeps the projects of a firm.
#[derive(Debug, Parser)]
struct Args {
    /// The SQLite file, which this program and the contexts share
    #[arg(long, default_value = "data/embed.db")]
    file: PathBuf,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:4100")]
    listen: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let Args { file, listen } = Args::parse();

    // What the program has anyway: people, in tables of its own.
    let staff = Arc::new(Staff::open(&file).await?);

    // The contexts, in the same file; who belongs where they ask the staff.
    let options = DbOptions { shared: true, ..DbOptions::default() };
    let db = Db::open(&DatabaseUrl::Sqlite(file), options).await?;
    db.migrate(&[&MIGRATIONS, &projects::MIGRATIONS, &erm::MIGRATIONS], drop).await?;
    let projects = Projects::new(db.clone(), staff.clone());
    let erm = Erm::new(db.clone(), staff.clone());

    // What happens by itself, because of events.
    let tasks = Tasks::new();
    let feed = Feed::start(&db, &tasks).await?;
    let runtime = Runtime::builder(&db)
        .handler(projects::OnUserDeleted)
        .handler(projects::OnWorkspaceDeleted)
        .handler(erm::OnWorkspaceDeleted)
        .projection(erm::WorkspaceGraph)
        .worker(projects::Clearer::new(db.clone(), staff.clone()))
        .worker(erm::Clearer::new(db.clone()))
        .build();
    runtime.start(&feed, &tasks).await?;

    // What is answered, until somebody asks the program to end.
    let office = Office { staff: staff.clone(), projects, erm, uow: UnitOfWork::new(db.clone()) };
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let until = ending::asked_for(&tasks);
    axum::serve(listener, routes::router(office)).with_graceful_shutdown(until).await?;

    // What has begun ends; what comes too late is as if it never was, and is done after the next start.
    tasks.shutdown(Duration::from_secs(10)).await?;
    db.close().await;
    staff.close().await;
    Ok(())
}
