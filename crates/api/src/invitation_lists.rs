//! Many invitations at once, from a list as spreadsheets write it.

use axum::extract::State;
use identity::{InvitationId, InviteMembers, InviteMembersError, InviteRow, RowOutcome};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    path::WorkspaceAt,
    response::Data,
    state::Api,
};

/// A longer list is refused before it is read.
const LONGEST: usize = 64 * 1024;

/// The role of a row that names none, unless the body says another.
const USUAL_ROLE: &str = "member";

/// The body: a list of addresses, each with a role or without.
#[derive(Debug)]
pub(crate) struct List {
    rows: Vec<InviteRow>,
}

impl FromFields for List {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let list = fields.text("csv");
        let role = fields.optional_text("role").unwrap_or_else(|| USUAL_ROLE.to_owned());
        let list = list?;
        if list.len() > LONGEST {
            return fields.note("csv", "should be at most 65536 byte(s)");
        }
        let rows = rows(&list, &role).ok();
        rows.map(|rows| Self { rows }).or_else(|| fields.note("csv", "must be CSV"))
    }
}

/// `email` or `email,role`, a line each; the first line may say so.
fn rows(list: &str, usual_role: &str) -> Result<Vec<InviteRow>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(list.as_bytes());
    let mut rows = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record?;
        let email = record.get(0).unwrap_or_default();
        let is_head = number == 0 && email.eq_ignore_ascii_case("email");
        if is_head || record.iter().all(str::is_empty) {
            continue;
        }
        let role = record.get(1).filter(|role| !role.is_empty()).unwrap_or(usual_role);
        rows.push(InviteRow { email: email.to_owned(), role: role.to_ascii_lowercase() });
    }
    Ok(rows)
}

/// What became of a row.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InvitedRow")]
pub(crate) struct Row {
    email: String,
    role: String,
    result: &'static str,
    invitation_id: Option<InvitationId>,
}

impl Row {
    fn of(InviteRow { email, role }: InviteRow, outcome: RowOutcome) -> Self {
        let (result, invitation_id) = match outcome {
            RowOutcome::Invited(id) => ("invited", Some(id)),
            RowOutcome::AlreadyMember => ("already_member", None),
            RowOutcome::AlreadyInvited => ("already_invited", None),
            RowOutcome::Invalid => ("invalid", None),
            RowOutcome::Forbidden => ("forbidden", None),
            RowOutcome::TooSoon => ("invited_too_soon", None),
            RowOutcome::TooManyPending => ("too_many_invitations", None),
        };
        Self { email, role, result, invitation_id }
    }

    /// The address has got too many invitations, maybe from others.
    fn refused(InviteRow { email, role }: InviteRow) -> Self {
        Self { email, role, result: "rate_limited", invitation_id: None }
    }
}

/// How many were invited.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Invited {
    invited: usize,
}

/// `POST /api/workspaces/{slug}/invitations/bulk`
pub(crate) async fn invite(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Body(List { rows }): Body<List>,
) -> Result<Data<Vec<Row>, Invited>, ApiError> {
    if rows.len() > InviteMembers::MOST {
        return Err(InviteMembersError::TooManyRows.into());
    }
    let emails = rows.iter().map(|row| row.email.as_str());
    let mails = api.mails(&caller, &workspace, emails).await?;
    let is_refused = |row: &InviteRow| mails.wait(&row.email).is_some();
    let allowed = rows.iter().filter(|row| !is_refused(row)).cloned().collect();
    let command = InviteMembers { workspace, rows: allowed };
    let outcomes = match api.identity.invite_members(caller.origin, command).await {
        Ok(outcomes) => outcomes,
        Err(error) => {
            mails.were_sent_to(std::iter::empty()).await;
            return Err(error.into());
        }
    };
    let mut outcomes = outcomes.into_iter();
    let rows: Vec<Row> = rows
        .into_iter()
        .filter_map(|row| {
            if is_refused(&row) {
                return Some(Row::refused(row));
            }
            outcomes.next().map(|outcome| Row::of(row, outcome))
        })
        .collect();
    let sent = rows.iter().filter(|row| row.invitation_id.is_some());
    mails.were_sent_to(sent.map(|row| row.email.as_str())).await;
    let invited = rows.iter().filter(|row| row.invitation_id.is_some()).count();
    Ok(Data::with_meta(rows, Invited { invited }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Vec<(String, String)> {
        let rows = rows(list, "guest").unwrap();
        rows.into_iter().map(|InviteRow { email, role }| (email, role)).collect()
    }

    fn row(email: &str, role: &str) -> (String, String) {
        (email.to_owned(), role.to_owned())
    }

    #[test]
    fn a_list_reads_as_spreadsheets_write_it() {
        let list = "Email,Role\r\nada@example.com,Admin\r\n\r\n\"ben@example.com\"\r\ncyd@example.com,,x\r\n,\r\n";
        let expected = [
            row("ada@example.com", "admin"),
            row("ben@example.com", "guest"),
            row("cyd@example.com", "guest"),
        ];
        assert_eq!(read(list), expected);
        assert_eq!(read(""), []);
    }

    #[test]
    fn only_the_first_line_is_a_head() {
        let expected = [row("ada@example.com", "guest"), row("email", "role")];
        assert_eq!(read("ada@example.com\nemail,role\n"), expected);
    }
}
