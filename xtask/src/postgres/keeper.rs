//! The process that holds a cluster, and outlives the one it holds it for by a moment.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::PathBuf,
    process::Child,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use super::{
    Durability,
    account::{self, Account},
    binaries::Binaries,
    home::{self, Home},
    wire,
};

/// Until a server has to answer; a loaded machine takes a few seconds.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A port can be taken between finding it free and listening on it.
const ATTEMPTS: usize = 3;

/// Keeps a cluster until standard input ends; started by xtask itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder with the programs of PostgreSQL.
    #[arg(long)]
    binaries: PathBuf,
    /// Keep every promise across a power cut.
    #[arg(long)]
    durable: bool,
}

/// How the keeper is told what to keep.
pub(crate) fn arguments(binaries: &Binaries, durability: Durability) -> Vec<std::ffi::OsString> {
    let mut arguments = vec!["postgres-keeper".into(), "--binaries".into()];
    arguments.push(binaries.folder.clone().into_os_string());
    if durability == Durability::Durable {
        arguments.push("--durable".into());
    }
    arguments
}

/// Starts a server, writes its port to standard output, and holds it until the owner is gone.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let owner = owner();
    let binaries = Binaries { folder: args.binaries.clone(), version: String::new() };
    let durability = if args.durable { Durability::Durable } else { Durability::Fast };
    let account = Account::to_step_down_to()?;
    home::sweep(&binaries, account);
    let home = Home::create(durability, account)?;
    initialise(&binaries, account, &home)?;
    let mut server = Server::start(&binaries, account, &home, durability)?;
    if writeln!(std::io::stdout(), "{}", server.port).is_err() {
        return Ok(false);
    }
    while owner.recv_timeout(Duration::from_millis(500)) == Err(RecvTimeoutError::Timeout) {
        server.check_alive()?;
    }
    Ok(true)
}

/// Disconnects when standard input ends, which is when its owner does.
fn owner() -> Receiver<()> {
    let (alive, owner) = mpsc::channel::<()>();
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(alive);
    });
    owner
}

fn initialise(binaries: &Binaries, account: Option<Account>, home: &Home) -> anyhow::Result<()> {
    // The same order of texts as SQLite has, and the letters of every language.
    let locale = if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" };
    let status = account::command(&binaries.program("initdb"), account, &home.log())?
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync"])
        .arg(format!("--locale={locale}"))
        .arg("-D")
        .arg(home.data())
        .status()
        .context("cannot start initdb")?;
    if !status.success() {
        bail!("initdb ended with {status}; it wrote:\n{}", home.end_of_log());
    }
    Ok(())
}

fn settings(port: u16, durability: Durability) -> Vec<String> {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "max_connections=500".to_owned(),
        "max_prepared_transactions=10".to_owned(),
        "shared_buffers=128MB".to_owned(),
    ];
    if durability == Durability::Fast {
        let careless =
            ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"];
        settings.extend(careless.map(str::to_owned));
    }
    settings
}

/// A running server, stopped with this value.
struct Server<'a> {
    binaries: &'a Binaries,
    account: Option<Account>,
    home: &'a Home,
    child: Child,
    port: u16,
}

impl<'a> Server<'a> {
    fn start(
        binaries: &'a Binaries,
        account: Option<Account>,
        home: &'a Home,
        durability: Durability,
    ) -> anyhow::Result<Self> {
        let mut attempt = 1;
        loop {
            let port = free_port()?;
            let mut command =
                account::command(&binaries.program("postgres"), account, &home.log())?;
            command.arg("-D").arg(home.data());
            for setting in settings(port, durability) {
                command.args(["-c", &setting]);
            }
            let child = command.spawn().context("cannot start postgres")?;
            let mut server = Self { binaries, account, home, child, port };
            match server.wait_until_ready() {
                Ok(()) => return Ok(server),
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => attempt += 1,
            }
        }
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while !wire::is_ready(self.port) {
            self.check_alive()?;
            if Instant::now() > deadline {
                let seconds = READY_WITHIN.as_secs();
                bail!(
                    "postgres is not ready after {seconds} s; it wrote:\n{}",
                    self.home.end_of_log()
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn check_alive(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait().context("cannot look after postgres")? {
            bail!("postgres ended with {status}; it wrote:\n{}", self.home.end_of_log());
        }
        Ok(())
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // Killing it outright would leave its shared memory behind.
        if !home::stop(self.binaries, self.account, &self.home.data(), &self.home.log()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
