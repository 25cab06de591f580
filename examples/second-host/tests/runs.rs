//! The program as it is started by anybody: what it says, and what is in the database when it has ended.
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::time::Duration;

use handler::notices;
use perme8_events::{WorkspaceId, sql::DatabaseUrl, testing::on_both_engines};
use tokio::{process::Command, time::timeout};
use uuid::Uuid;

/// What takes longer does not happen.
const DEADLINE: Duration = Duration::from_secs(100);

/// The numbers in a line: how many projects, and how many told of by each host.
fn numbers(line: &str) -> Vec<u32> {
    let digits = line.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    digits.map(|digits| digits.parse().unwrap()).collect()
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS];

    async fn of_two_hosts_each_handles_something_and_both_together_everything_once(test: TestDb) {
        let database = match &test.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        let mut program = Command::new(env!("CARGO_BIN_EXE_second-host"));
        let output = program.args(["--database", &database]).kill_on_drop(true).output();
        let output = timeout(DEADLINE, output).await.expect("it ends").unwrap();
        let [said, logged] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(output.status.success(), "{said}\n{logged}");
        let sums = said.lines().filter(|line| line.contains("projects:")).map(numbers);
        let [both, south] = <[_; 2]>::try_from(sums.collect::<Vec<_>>()).expect("two sums");
        assert!(both[0] == 16 && both[1] > 0 && both[2] > 0 && both[1] + both[2] == 16, "{said}");
        assert_eq!(south, [8, 0, 8], "{said}");
        let mut told = 0;
        for line in said.lines().filter(|line| line.starts_with("workspace ")) {
            let workspace = WorkspaceId::new(Uuid::from_u128(numbers(line)[0].into()));
            let board = notices(&test.db, workspace).await.unwrap();
            assert_eq!(board.iter().map(|notice| notice.number).collect::<Vec<_>>(), [1, 2, 3]);
            told += 1;
        }
        assert_eq!(told, 24, "{said}");
    }
}
