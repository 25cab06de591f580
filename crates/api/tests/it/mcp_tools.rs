//! The tools of the Model Context Protocol.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use identity::Role;
use serde_json::{Value, json};

use crate::{
    client::{post, redacted},
    host::Host,
    mcp::{acme, key_of, refused, request, say},
};

#[expect(clippy::needless_pass_by_value, reason = "written as a literal")]
fn call(tool: &str, arguments: Value) -> Value {
    request("tools/call", json!({ "name": tool, "arguments": arguments }))
}

/// What a tool says; after an exclamation mark if that is why it did nothing.
pub(crate) async fn said(host: &Host, token: &str, tool: &str, arguments: Value) -> String {
    let answer = host.ask(say(token, call(tool, arguments))).await;
    let json = answer.json();
    let text = json["result"]["content"][0]["text"].as_str();
    let text = redacted(text.unwrap_or_else(|| panic!("{answer}")));
    if json["result"]["isError"] == json!(true) { format!("! {text}") } else { text }
}

/// Calls tools one after the other, and tells what each says.
pub(crate) async fn story(host: &Host, calls: &[(&str, &str, Value)], expected: Expect) {
    let mut told = String::new();
    for (token, tool, arguments) in calls {
        let said = said(host, token, tool, arguments.clone()).await;
        writeln!(told, "{tool} {arguments}\n{said}\n").expect("a text takes more");
    }
    expected.assert_eq(&told);
}

#[tokio::test]
async fn the_first_workspace_where_the_owner_of_the_key_is_is_meant_where_none_is_named() {
    let (host, ada, _) = acme().await;
    let ben = host.member(&ada, "acme", "ben", Role::Member).await;
    host.workspace(&ben, "Bolt").await;
    let key = key_of(&host, &ben, json!(["mcp:*"]), &["acme", "bolt"]).await;
    let create = async |name: &str| {
        said(&host, &key, "jarga.create_project", json!({ "name": name })).await;
    };
    create("Looms").await;
    let leave = post("/api/workspaces/acme/leave").bearer(&ben.token);
    assert_eq!(host.ask(leave).await.status, 204);
    create("Bolts").await;
    let listed = said(&host, &key, "jarga.list_projects", json!({})).await;
    assert!(listed.contains("Bolts") && !listed.contains("Looms"), "{listed}");
}

#[tokio::test]
async fn a_key_calls_the_tools_that_its_scopes_name() {
    let (host, ada, _) = acme().await;
    let key = key_of(&host, &ada, json!(["mcp:tools.search"]), &["acme"]).await;
    assert!(said(&host, &key, "tools.search", json!({})).await.contains("jarga.get_document"));
    let create = [(key.as_str(), "jarga.create_project", json!({ "nonsense": 7 }))];
    story(
        &host,
        &create,
        expect![[r#"
        jarga.create_project {"nonsense":7}
        ! Insufficient permissions: the key needs the scope mcp:jarga.create_project

    "#]],
    )
    .await;
    for (scope, calls) in
        [("mcp:jarga.*", true), ("mcp:*", true), ("*", true), ("projects:*", false)]
    {
        let key = key_of(&host, &ada, json!([scope]), &["acme"]).await;
        let said = said(&host, &key, "jarga.list_projects", json!({})).await;
        assert_eq!(said.starts_with("**Projects**"), calls, "{scope}: {said}");
    }
    let listed = host.ask(say(&key, request("tools/list", json!({})))).await.json();
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 15);
}

#[tokio::test]
async fn a_key_goes_where_its_list_says() {
    let (host, ada, _) = acme().await;
    host.workspace(&ada, "Bolt").await;
    host.workspace(&ada, "Cold").await;
    let key = key_of(&host, &ada, json!(null), &["bolt", "acme"]).await;
    host.begin(&ada, "acme", "Anvil").await;
    host.begin(&ada, "bolt", "Nut").await;
    host.begin(&ada, "cold", "Ice").await;
    let projects = "jarga.list_projects";
    let calls = [
        (key.as_str(), "jarga.list_workspaces", json!({})),
        (&key, projects, json!({})),
        (&key, projects, json!({ "workspace": "acme" })),
    ];
    story(
        &host,
        &calls,
        expect![[r#"
        jarga.list_workspaces {}
        **Workspaces** (2)

        - `bolt`: Bolt
        - `acme`: Acme

        jarga.list_projects {}
        **Projects** (1)

        - `nut`: Nut

        jarga.list_projects {"workspace":"acme"}
        **Projects** (1)

        - `anvil`: Anvil

    "#]],
    )
    .await;
    for slug in ["cold", "nowhere", "ACME", ""] {
        for (tool, arguments) in [
            ("jarga.get_workspace", json!({ "slug": slug })),
            ("jarga.list_projects", json!({ "workspace": slug })),
            ("jarga.create_project", json!({ "workspace": slug, "name": "X" })),
            ("jarga.get_project", json!({ "workspace": slug, "slug": "ice" })),
            ("jarga.list_documents", json!({ "workspace": slug })),
            ("jarga.create_document", json!({ "workspace": slug, "title": "X" })),
            ("jarga.get_document", json!({ "workspace": slug, "slug": "x" })),
        ] {
            let said = said(&host, &key, tool, arguments).await;
            assert!(said.starts_with("! The key does not reach that workspace"), "{tool}: {said}");
        }
    }
    // Somebody who is logged in goes everywhere, and says where.
    let eve = host.person("eve").await;
    let calls = [
        (ada.token.as_str(), projects, json!({})),
        (&ada.token, projects, json!({ "workspace": "cold" })),
        (&eve.token, projects, json!({ "workspace": "acme" })),
    ];
    story(
        &host,
        &calls,
        expect![[r#"
        jarga.list_projects {}
        ! Which workspace? Say its slug in `workspace`; jarga.list_workspaces lists them.

        jarga.list_projects {"workspace":"cold"}
        **Projects** (1)

        - `ice`: Ice

        jarga.list_projects {"workspace":"acme"}
        ! Workspace not found

    "#]],
    )
    .await;
}

#[tokio::test]
async fn tools_do_what_people_do() {
    let (host, ada, key) = acme().await;
    let ben = host.member(&ada, "acme", "ben", Role::Member).await;
    let bens = key_of(&host, &ben, json!(null), &["acme"]).await;
    let mill = json!({ "name": "The *Mill*", "description": "Grinds\n\nall." });
    let plans = json!({
        "title": "<i>Plans</i> `#1`", "content": "# Go\n\n- now", "visibility": "public",
        "project_slug": "the-mill",
    });
    let diary = json!({ "title": "Diary", "content": "Secret.", "visibility": "open" });
    let calls = [
        (key.as_str(), "jarga.get_workspace", json!({ "slug": "acme" })),
        (&key, "jarga.create_project", mill),
        (&bens, "jarga.list_projects", json!({})),
        (&bens, "jarga.get_project", json!({ "slug": "the-mill" })),
        (&key, "jarga.create_document", plans),
        (&key, "jarga.create_document", diary),
        (&bens, "jarga.list_documents", json!({ "project_slug": "the-mill" })),
        (&bens, "jarga.list_documents", json!({})),
        (&key, "jarga.list_documents", json!({})),
        (&bens, "jarga.get_document", json!({ "slug": "iplansi-1" })),
        (&key, "jarga.get_document", json!({ "slug": "diary" })),
        (&bens, "jarga.get_document", json!({ "slug": "diary" })),
    ];
    story(&host, &calls, expect![[r##"
        jarga.get_workspace {"slug":"acme"}
        **Workspace**

        - name: Acme
        - slug: `acme`
        - role: `owner`

        jarga.create_project {"description":"Grinds\n\nall.","name":"The *Mill*"}
        **Project created**

        - name: The \*Mill\*
        - slug: `the-mill`

        jarga.list_projects {}
        **Projects** (1)

        - `the-mill`: The \*Mill\*

        jarga.get_project {"slug":"the-mill"}
        **Project**

        - name: The \*Mill\*
        - slug: `the-mill`
        - id: `ID`

        ---

        Grinds

        all.

        jarga.create_document {"content":"# Go\n\n- now","project_slug":"the-mill","title":"<i>Plans</i> `#1`","visibility":"public"}
        **Document created**

        - title: \<i\>Plans\</i\> \`#1\`
        - slug: `iplansi-1`
        - id: `ID`
        - visibility: `public`
        - project: `the-mill`

        jarga.create_document {"content":"Secret.","title":"Diary","visibility":"open"}
        **Document created**

        - title: Diary
        - slug: `diary`
        - id: `ID`
        - visibility: `private`

        jarga.list_documents {"project_slug":"the-mill"}
        **Documents** (1)

        - `iplansi-1`: \<i\>Plans\</i\> \`#1\`

        jarga.list_documents {}
        **Documents** (0)

        jarga.list_documents {}
        **Documents** (1)

        - `diary`: Diary

        jarga.get_document {"slug":"iplansi-1"}
        **Document**

        - title: \<i\>Plans\</i\> \`#1\`
        - slug: `iplansi-1`
        - id: `ID`
        - visibility: `public`
        - project: `the-mill`

        ---

        # Go

        - now

        jarga.get_document {"slug":"diary"}
        **Document**

        - title: Diary
        - slug: `diary`
        - id: `ID`
        - visibility: `private`

        ---

        Secret.

        jarga.get_document {"slug":"diary"}
        ! Insufficient permissions

    "##]]).await;
}

#[tokio::test]
async fn what_goes_wrong_is_said_by_the_tool() {
    let (host, ada, key) = acme().await;
    let gus = host.member(&ada, "acme", "gus", Role::Guest).await;
    let guests = key_of(&host, &gus, json!(null), &["acme"]).await;
    let long = "x".repeat(201);
    let calls = [
        (guests.as_str(), "jarga.create_project", json!({ "name": "Mill" })),
        (&key, "jarga.create_project", json!({ "name": " " })),
        (&key, "jarga.create_document", json!({ "title": "Plans", "project_slug": "nowhere" })),
        (&key, "jarga.list_documents", json!({ "project_slug": "nowhere" })),
        (&key, "jarga.get_project", json!({ "slug": "Nowhere!" })),
        (&key, "jarga.get_document", json!({ "slug": "nowhere" })),
    ];
    story(
        &host,
        &calls,
        expect![[r#"
        jarga.create_project {"name":"Mill"}
        ! Insufficient permissions

        jarga.create_project {"name":" "}
        ! name can't be blank

        jarga.create_document {"project_slug":"nowhere","title":"Plans"}
        ! Project not found

        jarga.list_documents {"project_slug":"nowhere"}
        ! Project not found

        jarga.get_project {"slug":"Nowhere!"}
        ! Project not found

        jarga.get_document {"slug":"nowhere"}
        ! Document not found

    "#]],
    )
    .await;
    let too_long = said(&host, &key, "jarga.create_document", json!({ "title": long })).await;
    expect!["! title should be at most 200 character(s)"].assert_eq(&too_long);
    host.ask(post("/api/workspaces/acme/archive").bearer(&ada.token)).await;
    let late = [(key.as_str(), "jarga.create_project", json!({ "name": "Late" }))];
    story(
        &host,
        &late,
        expect![[r#"
        jarga.create_project {"name":"Late"}
        ! The workspace is archived

    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_a_tool_does_not_take_is_an_error_of_the_protocol() {
    let (host, _, key) = acme().await;
    let mut told = String::new();
    for params in [
        json!({ "name": "jarga.get_project", "arguments": {} }),
        json!({ "name": "jarga.get_project" }),
        json!({ "name": "jarga.get_project", "arguments": { "slug": 7, "workspace": [] } }),
        json!({ "name": "jarga.get_project", "arguments": { "slug": "a\u{0}b" } }),
        json!({ "name": "jarga.get_project", "arguments": "mill" }),
        json!({ "name": "jarga.create_document", "arguments": { "content": true } }),
        json!({ "name": "tools.search", "arguments": { "group_by_provider": "yes" } }),
        json!({ "name": "jarga.delete_everything", "arguments": {} }),
        json!({ "arguments": {} }),
        json!([]),
    ] {
        let answer = host.ask(say(&key, request("tools/call", params))).await;
        let json = answer.json();
        assert!(json.get("result").is_none(), "{answer}");
        writeln!(told, "{} {}", answer.status.as_u16(), json["error"]).unwrap();
    }
    expect![[r#"
        200 {"code":-32602,"message":"slug can't be blank"}
        200 {"code":-32602,"message":"slug can't be blank"}
        200 {"code":-32602,"message":"slug must be a text; workspace must be a text"}
        200 {"code":-32602,"message":"slug has an invalid character"}
        200 {"code":-32602,"message":"a call has the name of a tool, and its arguments as an object"}
        200 {"code":-32602,"message":"content must be a text; title can't be blank"}
        200 {"code":-32602,"message":"group_by_provider must be true or false"}
        200 {"code":-32602,"message":"there is no such tool: tools/list lists those that there are"}
        200 {"code":-32602,"message":"a call has the name of a tool, and its arguments as an object"}
        400 "The message or its headers are not as the Model Context Protocol has them"
    "#]].assert_eq(&told);
    refused(
        &host,
        say(&key, request("resources/list", json!({}))),
        expect![[
            r#"200 {"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"resources/list"}}"#
        ]],
    )
    .await;
    refused(&host, say(&key, request("secrets/list", json!({}))), expect![[r#"200 {"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"there is no such method"}}"#]]).await;
}
