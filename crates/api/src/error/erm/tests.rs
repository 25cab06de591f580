//! What clients of graphs are told.

use erm::{Counted, End, PropertyError, TypeName};
use expect_test::expect;
use identity::KeyScope;

use super::*;

#[test]
fn whatever_fails_is_told_in_a_word() {
    let failures = [
        ApiError::malformed_json(),
        ApiError::unsupported_media_type(),
        ApiError::bearer_refused(),
        ApiError::scope_missing(KeyScope::ErmRead),
        ApiError::workspace_out_of_reach(),
        ApiError::workspace_not_found(),
        ApiError::forbidden(),
        ApiError::version_conflict(),
        ApiError::other_version(),
        ApiError::invalid_field("body", "must be an object"),
        ApiError::item_not_found(),
        ApiError::wrong_because("this is wrong").beside("meta", json!({ "created": 0 })),
        ApiError::no_start_id(),
        StorageError::new("the secret cause").into(),
    ];
    let told = failures.map(|error| {
        let error = error.in_words();
        format!("{} {}\n", error.status.as_u16(), error.body("1"))
    });
    expect![[r#"
        400 {"code":"malformed_json","error":"bad_request","message":"The body is not JSON","request_id":"1"}
        415 {"code":"unsupported_media_type","error":"unsupported_content_type","message":"The body must be application/json","request_id":"1"}
        401 {"code":"unauthenticated","error":"unauthorized","message":"Invalid or revoked API key","request_id":"1"}
        403 {"code":"scope_missing","error":"forbidden","message":"Insufficient permissions","request_id":"1","required":"erm:read"}
        403 {"code":"workspace_out_of_reach","error":"forbidden","message":"Insufficient permissions","request_id":"1"}
        404 {"code":"workspace_not_found","error":"not_found","message":"Workspace not found","request_id":"1"}
        403 {"code":"forbidden","error":"forbidden","message":"Insufficient permissions","request_id":"1"}
        409 {"code":"version_conflict","error":"version_conflict","message":"It has changed since: look at it again","request_id":"1"}
        412 {"code":"version_mismatch","error":"version_mismatch","message":"It has changed since: look at it again","request_id":"1"}
        422 {"code":"validation_failed","error":"validation_errors","errors":[{"field":"body","message":"must be an object"}],"request_id":"1"}
        404 {"code":"not_found","error":"not_found","request_id":"1"}
        422 {"code":"validation_errors","error":"validation_errors","errors":[{"message":"this is wrong"}],"meta":{"created":0},"request_id":"1"}
        422 {"code":"missing_start_id","error":"missing_start_id","message":"start_id is required","request_id":"1"}
        500 {"code":"internal_error","error":"internal_server_error","message":"Something went wrong","request_id":"1"}
    "#]].assert_eq(&told.concat());
}

#[test]
fn who_writes_or_walks_is_told_what_stands_in_the_way() {
    let taken = PropertyError {
        field: "email".to_owned(),
        message: "is taken".to_owned(),
        constraint: "unique",
    };
    let failures: [ApiError; 14] = [
        WriteError::NoSchema.into(),
        WriteError::UnknownType { name: TypeName::parse("Robot").unwrap() }.into(),
        WriteError::Invalid(vec![taken]).into(),
        WriteError::EndMissing(End::Source).into(),
        WriteError::KeyTaken.into(),
        WriteError::QuotaExceeded { of: Counted::Edges, limit: 200_000 }.into(),
        PutSchemaError::TooManyValues { limit: 50_000 }.into(),
        WriteError::WorkspaceArchived.into(),
        BulkError::TooLarge.into(),
        ImportError::NoSchema.into(),
        ImportError::Unreadable(io::Error::from(ErrorKind::TimedOut).into()).into(),
        GraphError::StartNotFound.into(),
        GraphError::TargetNotFound.into(),
        GraphError::TimedOut.into(),
    ];
    let told = failures.map(|error| {
        let error = error.in_words();
        format!("{} {:?} {}\n", error.status.as_u16(), error.header, error.body("1"))
    });
    expect![[r#"
        422 None {"code":"no_schema_configured","error":"no_schema_configured","message":"The workspace has no schema: those who manage it write one first","request_id":"1"}
        422 None {"code":"validation_errors","error":"validation_errors","errors":[{"message":"type Robot is not defined in the schema"}],"request_id":"1"}
        422 None {"code":"validation_errors","error":"validation_errors","errors":[{"constraint":"unique","field":"email","message":"is taken"}],"request_id":"1"}
        422 None {"code":"validation_errors","error":"validation_errors","errors":[{"field":"source_id","message":"Source entity not found"}],"request_id":"1"}
        422 None {"code":"validation_errors","error":"validation_errors","errors":[{"constraint":"unique","field":"external_key","message":"another entity of this type has this external key"}],"request_id":"1"}
        422 None {"code":"quota_exceeded","error":"quota_exceeded","message":"the workspace has no room for more than 200000 edges","request_id":"1"}
        422 None {"code":"too_many_values","error":"too_many_values","message":"more than 50000 values of properties would be of another type: change fewer properties at a time, or give a property a new name","request_id":"1"}
        409 None {"code":"workspace_archived","error":"workspace_archived","message":"The workspace is archived","request_id":"1"}
        400 None {"code":"bad_request","error":"bad_request","message":"at most 1000 items are written at once","request_id":"1"}
        422 None {"code":"no_schema_configured","error":"no_schema_configured","message":"Neither the workspace nor the file has a schema that comes first","request_id":"1"}
        408 None {"code":"request_timeout","error":"request_timeout","message":"The body took too long to arrive","request_id":"1"}
        404 None {"code":"not_found","error":"not_found","message":"Entity not found","request_id":"1"}
        404 None {"code":"not_found","error":"not_found","message":"Target entity not found","request_id":"1"}
        503 Some(("retry-after", "1")) {"code":"traversal_timeout","error":"traversal_timeout","message":"The traversal took too long: go less far, or try again later","request_id":"1"}
    "#]].assert_eq(&told.concat());
}
