//! PostgreSQL servers that a proof may kill, copy and put into each other's place.

use std::{
    env,
    fs::{self, OpenOptions},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use perme8_events::{
    sql::{DatabaseUrl, Db, DbOptions},
    testing::wait_until,
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::form::say;

/// What takes longer has gone wrong; a loaded machine takes a few seconds.
const SOON: Duration = Duration::from_mins(1);

/// Where the programs of a server are, and who runs them.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    folder: PathBuf,
    /// PostgreSQL refuses to be root.
    account: Option<(u32, u32)>,
}

impl Programs {
    /// The first installation that is found; none, with a loud line, where there is none.
    pub(crate) async fn find() -> Option<Self> {
        let Some(folder) = folders().into_iter().find(|folder| is_complete(folder)) else {
            #[expect(
                clippy::disallowed_methods,
                reason = "tests are configured by their environment"
            )]
            let ci = env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "the programs of PostgreSQL are not installed");
            say(
                "  LEFT OUT: a cluster of its own, because the programs of PostgreSQL are not installed",
            );
            return None;
        };
        let account = if id(&["-u"]).await == Some(0) {
            Some(
                account().await.expect("PostgreSQL does not run as root, and nobody else is there"),
            )
        } else {
            None
        };
        Some(Self { folder, account })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        // The present folder may be closed to the account.
        command.current_dir("/").stdin(Stdio::null()).kill_on_drop(true);
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    /// Runs a program to its end.
    async fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program).args(arguments).output().await.unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {complaint}");
    }
}

/// The folders in which the programs may be.
fn folders() -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by their environment")]
    let path = env::var("PATH").unwrap_or_default();
    // A link in a common folder leads to the folder with all of them.
    let linked = env::split_paths(&path).filter_map(|folder| {
        Some(folder.join("postgres").canonicalize().ok()?.parent()?.to_owned())
    });
    let packaged = ["/usr/lib/postgresql", "/opt/homebrew/opt"].into_iter();
    let packaged = packaged.flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    linked.chain(packaged.map(|folder| folder.path().join("bin"))).collect()
}

fn is_complete(folder: &Path) -> bool {
    ["postgres", "initdb", "pg_ctl", "pg_basebackup", "pg_dump", "psql"]
        .iter()
        .all(|program| folder.join(program).exists())
}

async fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().await.ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

async fn account() -> Option<(u32, u32)> {
    for name in ["postgres", "nobody"] {
        if let (Some(user), Some(group)) = (id(&["-u", name]).await, id(&["-g", name]).await) {
            return Some((user, group));
        }
    }
    None
}

/// A server of its own; it ends with this value, and its files go.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: Programs,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// An empty one.
    pub(crate) async fn start(programs: &Programs) -> Self {
        let mut cluster = Self::folder(programs);
        let data = cluster.data();
        let account = ["--auth=trust", "--username=postgres"];
        let kind = ["--encoding=UTF8", "--locale=C", "--no-sync", "-D", data.as_str()];
        programs.run("initdb", &[&account[..], &kind[..]].concat()).await;
        cluster.begin().await;
        cluster
    }

    /// One that follows this one, and could take its place.
    pub(crate) async fn standby(&self) -> Self {
        let mut cluster = Self::folder(&self.programs);
        let (port, data) = (self.port.to_string(), cluster.data());
        let copy = ["-R", "-X", "stream", "-c", "fast", "--no-sync", "-D", data.as_str()];
        self.programs.run("pg_basebackup", &[&server(&port)[..], &copy[..]].concat()).await;
        cluster.begin().await;
        cluster
    }

    /// A folder that belongs to whoever runs the server, and a port.
    fn folder(programs: &Programs) -> Self {
        let folder = tempfile::Builder::new().prefix("perme8-proof-").tempdir().unwrap();
        if let Some((user, group)) = programs.account {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { programs: programs.clone(), folder, port, server: None }
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Begins to serve, and waits until that is so.
    pub(crate) async fn begin(&mut self) {
        let log = OpenOptions::new().create(true).append(true).open(self.folder.path().join("log"));
        let mut command = self.programs.command("postgres");
        command.arg("-D").arg(self.data()).stdout(Stdio::null()).stderr(log.unwrap());
        let port = format!("port={}", self.port);
        for setting in [
            port.as_str(),
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=100",
            "hot_standby=on",
            // Programs crash here and the system does not, so what they have written is kept.
            "fsync=off",
        ] {
            command.args(["-c", setting]);
        }
        self.server = Some(command.spawn().unwrap());
        wait_until("a cluster serves", SOON, async || {
            PgConnection::connect(&self.address("postgres")).await.is_ok()
        })
        .await;
    }

    /// Ends at once, as in a crash; whatever it has acknowledged is in its files.
    pub(crate) async fn crash(&mut self) {
        let data = self.data();
        self.programs.run("pg_ctl", &["stop", "--mode=immediate", "-D", &data]).await;
        self.server.take().expect("it serves").wait().await.unwrap();
    }

    /// A standby becomes the one that is written to.
    pub(crate) async fn promote(&self) {
        self.change("postgres", "SELECT pg_promote()").await;
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs statements, each in a transaction of its own unless they say otherwise.
    pub(crate) async fn change(&self, database: &str, statements: &str) {
        let mut conn = PgConnection::connect(&self.address(database)).await.unwrap();
        for statement in statements.split(";\n") {
            conn.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        }
        conn.close().await.unwrap();
    }

    /// The one number that a question is answered with.
    pub(crate) async fn ask(&self, database: &str, question: &str) -> i64 {
        let mut conn = PgConnection::connect(&self.address(database)).await.unwrap();
        let question = AssertSqlSafe(question.to_owned());
        sqlx::query_scalar(question).fetch_one(&mut conn).await.unwrap()
    }

    /// Opens a database of it, by the clock of the system.
    pub(crate) async fn open(&self, database: &str) -> Db {
        let options = DbOptions {
            connections: 16,
            // Whoever waits for a server that is gone has waited long enough by then.
            acquire_timeout: Duration::from_secs(2),
            ..DbOptions::default()
        };
        Db::open(&DatabaseUrl::Postgres(self.address(database)), options).await.unwrap()
    }

    /// Everything in a database, as `pg_dump` writes it, into that of another cluster.
    pub(crate) async fn dump_into(&self, other: &Self, database: &str) {
        let file = self.folder.path().join("dump.sql").display().to_string();
        let port = self.port.to_string();
        let dump = ["-f", file.as_str(), database];
        self.programs.run("pg_dump", &[&server(&port)[..], &dump[..]].concat()).await;
        other.change("postgres", &format!("CREATE DATABASE {database}")).await;
        let port = other.port.to_string();
        let restore = ["-v", "ON_ERROR_STOP=1", "-q", "-f", file.as_str(), database];
        self.programs.run("psql", &[&server(&port)[..], &restore[..]].concat()).await;
    }
}

/// How programs are told which server is meant.
fn server(port: &str) -> [&str; 6] {
    ["-h", "127.0.0.1", "-p", port, "-U", "postgres"]
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.server.is_some() {
            // Killing it outright would leave its shared memory behind, and the server asks for nothing else to end.
            let mut stop = std::process::Command::new(self.programs.folder.join("pg_ctl"));
            stop.args(["stop", "--mode=immediate", "-D", &self.data()]).current_dir("/");
            stop.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some((user, group)) = self.programs.account {
                stop.uid(user).gid(group);
            }
            let _ = stop.status();
        }
    }
}
