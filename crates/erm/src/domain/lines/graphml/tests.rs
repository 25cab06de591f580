//! Documents are read as they were written, whatever stands in them.

use expect_test::expect;
use quick_xml::events::Event;
use serde_json::json;

use super::{read::Reader, write};
use crate::domain::{
    lines::{EdgeLine, EntityLine, LONGEST, Line, SchemaLine},
    schema::SchemaDefinition,
};

fn schema() -> SchemaDefinition {
    let property = |name: &str, of: &str| json!({"name": name, "type": of, "required": false, "constraints": {}});
    let person = [
        ("name", "string"),
        ("age", "integer"),
        ("score", "float"),
        ("ok", "boolean"),
        ("type", "string"),
    ];
    serde_json::from_value(json!({
        "entity_types": [{"name": "Person", "properties": person.map(|(name, of)| property(name, of))}],
        "edge_types": [{"name": "KNOWS", "properties": [property("since", "datetime")]}],
    }))
    .unwrap()
}

fn read(document: &str) -> Vec<Result<Line, String>> {
    let mut parser = quick_xml::Reader::from_str(document);
    let (mut reader, mut lines) = (Reader::default(), Vec::new());
    loop {
        let event = parser.read_event().expect("it is XML");
        let is_over = matches!(event, Event::Eof);
        lines.extend(reader.take(event).transpose());
        if is_over || reader.has_given_up() {
            return lines;
        }
    }
}

fn person(id: &str, properties: &serde_json::Value) -> Line {
    Line::Entity(EntityLine {
        id: Some(id.to_owned()),
        entity_type: "Person".to_owned(),
        external_key: (id == "1").then(|| "crm:\"1\" & <co>".to_owned()),
        properties: properties.as_object().unwrap().clone(),
    })
}

fn lines() -> Vec<Line> {
    vec![
        person(
            "1",
            &json!({"name": " <Ada> & \"co\"\r\n\t\u{1}\u{FFFF} ]]> ", "age": -7, "score": 1.0, "ok": true, "type": "human"}),
        ),
        person("2", &json!({"name": "", "score": 3, "age": "seven", "shoe": {"size": 39}})),
        Line::Edge(EdgeLine {
            edge_type: "KNOWS".to_owned(),
            source_id: "1".to_owned(),
            target_id: "2".to_owned(),
            properties: json!({"since": "2024-01-15T00:00:00Z"}).as_object().unwrap().clone(),
        }),
    ]
}

#[test]
fn a_document_reads_as_it_is_written() {
    let schema = schema();
    let mut document = write::begun(Some(&schema));
    for line in lines() {
        document.push_str(&write::written(&line, Some(&schema)));
    }
    document.push_str(write::END);
    let value = serde_json::to_value(&schema).unwrap();
    let told = SchemaLine {
        entity_types: Some(value["entity_types"].clone()),
        edge_types: Some(value["edge_types"].clone()),
    };
    let mut expected = vec![Ok(Line::Schema(told))];
    expected.extend(lines().into_iter().map(Ok));
    assert_eq!(read(&document), expected, "{document}");
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
        <key id="perme8_schema" for="graph" attr.name="schema" attr.type="string"/>
        <key id="perme8_type" for="all" attr.name="type" attr.type="string"/>
        <key id="perme8_external_key" for="node" attr.name="external_key" attr.type="string"/>
        <key id="perme8_other" for="all" attr.name="other" attr.type="string"/>
        <key id="n0p0" for="node" attr.name="name" attr.type="string"/>
        <key id="n0p1" for="node" attr.name="age" attr.type="long"/>
        <key id="n0p2" for="node" attr.name="score" attr.type="double"/>
        <key id="n0p3" for="node" attr.name="ok" attr.type="boolean"/>
        <key id="n0p4" for="node" attr.name="type" attr.type="string"/>
        <key id="e0p0" for="edge" attr.name="since" attr.type="string"/>
        <graph id="graph" edgedefault="directed">
        <data key="perme8_schema">{&quot;entity_types&quot;:[{&quot;name&quot;:&quot;Person&quot;,&quot;properties&quot;:[{&quot;name&quot;:&quot;name&quot;,&quot;type&quot;:&quot;string&quot;,&quot;required&quot;:false,&quot;constraints&quot;:{}},{&quot;name&quot;:&quot;age&quot;,&quot;type&quot;:&quot;integer&quot;,&quot;required&quot;:false,&quot;constraints&quot;:{}},{&quot;name&quot;:&quot;score&quot;,&quot;type&quot;:&quot;float&quot;,&quot;required&quot;:false,&quot;constraints&quot;:{}},{&quot;name&quot;:&quot;ok&quot;,&quot;type&quot;:&quot;boolean&quot;,&quot;required&quot;:false,&quot;constraints&quot;:{}},{&quot;name&quot;:&quot;type&quot;,&quot;type&quot;:&quot;string&quot;,&quot;required&quot;:false,&quot;constraints&quot;:{}}]}],&quot;edge_types&quot;:[{&quot;name&quot;:&quot;KNOWS&quot;,&quot;properties&quot;:[{&quot;name&quot;:&quot;since&quot;,&quot;type&quot;:&quot;datetime&quot;,&quot;required&quot;:false,&quot;constraints&quot;:{}}]}]}</data>
        <node id="1"><data key="perme8_type">Person</data><data key="perme8_external_key">crm:&quot;1&quot; &amp; &lt;co&gt;</data><data key="n0p1">-7</data><data key="n0p0" encoding="json">&quot; &lt;Ada&gt; &amp; \&quot;co\&quot;\r\n\t\u0001\uffff ]]&gt; &quot;</data><data key="n0p3">true</data><data key="n0p2">1.0</data><data key="n0p4">human</data></node>
        <node id="2"><data key="perme8_type">Person</data><data key="n0p0"></data><data key="n0p2">3</data><data key="perme8_other">{&quot;age&quot;:&quot;seven&quot;,&quot;shoe&quot;:{&quot;size&quot;:39}}</data></node>
        <edge source="1" target="2"><data key="perme8_type">KNOWS</data><data key="e0p0">2024-01-15T00:00:00Z</data></edge>
        </graph>
        </graphml>
    "#]].assert_eq(&document);
}

/// What a document says, a line each.
fn told(document: &str) -> String {
    let said = read(document).into_iter().map(|line| match line {
        Ok(line) => serde_json::to_string(&line).unwrap(),
        Err(error) => error,
    });
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_document_needs_no_schema() {
    let document: String = lines().iter().map(|line| write::written(line, None)).collect();
    let document = format!("{}{document}{}", write::begun(None), write::END);
    assert_eq!(read(&document), lines().into_iter().map(Ok).collect::<Vec<_>>());
}

#[test]
fn documents_of_others_are_read_and_what_is_wrong_is_said() {
    let document = r#"<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
        <key id="d0" for="node" attr.name="type" attr.type="string"><default>none</default></key>
        <key id="d1" for="node" attr.name="age" attr.type="int"/>
        <graph edgedefault="directed">
            <!-- a comment --><data key="d9">of the graph</data>
            <node id="a"><data key="d0"><![CDATA[Person]]></data><data key="d1"> 7 </data></node>
            <node id="b"/>
            <node id="c"><data key="d0">Person</data><data key="d1">old</data></node>
            <node id="d"><data key="d0">Person</data><data key="d7">x</data></node>
            <node id="e"><data key="d0">Per&nbsp;son</data></node>
            <edge source="a"><data key="d0">KNOWS</data></edge>
            <edge source="a" target="&#x62;"><data key="d0">KN&amp;WS</data></edge>
        </graph>
    </graphml>"#;
    expect![[r#"
        keys have no default here: say the value of each node
        {"entity":{"id":"a","type":"Person","properties":{"age":7}}}
        has no data of the key of types
        age cannot be "old"
        key "d7" is not declared
        &nbsp; means nothing here
        an edge has a source and a target
        {"edge":{"type":"KN&WS","source_id":"a","target_id":"b","properties":{}}}"#]]
    .assert_eq(&told(document));
}

/// networkx declares the attribute of nodes and that of edges apart.
#[test]
fn types_of_nodes_and_of_edges_may_have_keys_of_their_own() {
    let document = r#"<graphml>
        <key id="d5" for="edge" attr.name="type" attr.type="string"/>
        <key id="d0" for="node" attr.name="type" attr.type="string"/>
        <graph edgedefault="directed">
            <node id="a"><data key="d0">Person</data></node>
            <edge source="a" target="a"><data key="d5">KNOWS</data></edge>
        </graph>
    </graphml>"#;
    expect![[r#"
        {"entity":{"id":"a","type":"Person","properties":{}}}
        {"edge":{"type":"KNOWS","source_id":"a","target_id":"a","properties":{}}}"#]]
    .assert_eq(&told(document));
}

#[test]
fn what_has_no_place_in_a_graph_here_is_told() {
    let document = r#"<graphml>
        <key id="perme8_type"/>
        <key id="age" attr.type="int"><default>7</default></key>
        <graph edgedefault="undirected">
            <node id="outer">
                <data key="perme8_type">Person</data>
                <graph>
                    <node id="inner"><data key="perme8_type">Robot</data></node>
                    <edge source="inner"/>
                </graph>
            </node>
            <node id="a"><data key="perme8_type">Person</data></node>
            <edge source="a" target="a" directed="false"><data key="perme8_type">KNOWS</data></edge>
            <hyperedge><endpoint node="a"/><endpoint node="a"/></hyperedge>
            <edge source="a" target="a"><data key="perme8_type">KNOWS</data></edge>
        </graph>
    </graphml>"#;
    expect![[r#"
        keys have no default here: say the value of each node
        edges have a direction here: those of this graph lead from source to target
        has a node within it
        {"entity":{"id":"a","type":"Person","properties":{}}}
        edges have a direction here
        edges join two nodes here, not more
        {"edge":{"type":"KNOWS","source_id":"a","target_id":"a","properties":{}}}"#]]
    .assert_eq(&told(document));
}

#[test]
fn what_is_cut_off_is_not_taken_for_whole() {
    let whole = r#"<graphml><key id="perme8_type"/><graph><node id="1"><data key="perme8_type">Person</data></node></graph></graphml>"#;
    assert!(read(whole).iter().all(Result::is_ok));
    let ends: Vec<usize> = whole.match_indices('<').map(|(at, _)| at).skip(1).collect();
    for end in ends {
        let last = read(&whole[..end]).pop().unwrap();
        assert_eq!(last, Err("the document ends before its elements do".to_owned()), "{end}");
    }
    assert_eq!(told("<graphml></graphml>"), "the document has no graph");
}

#[test]
fn nothing_grows_without_an_end() {
    let within = |data: &str| {
        format!(
            "<graphml><key id=\"perme8_type\"/><key id=\"perme8_schema\"/><graph>{data}</graph></graphml>"
        )
    };
    let part = "x".repeat(1000);
    let long = format!("{part}<![CDATA[{part}]]>").repeat(LONGEST / 2000 + 1);
    let node = format!("<node id=\"1\"><data key=\"perme8_type\">{long}</data></node>");
    let two = format!("<data key=\"perme8_type\">{}</data>", "x".repeat(LONGEST / 2 + 1)).repeat(2);
    let two = format!("<node id=\"2\">{two}</node>");
    let next = "<node id=\"3\"><data key=\"perme8_type\">Person</data></node>";
    let schema = format!("<data key=\"perme8_schema\">{long}</data>");
    expect![[r#"
        is longer than 1048576 bytes
        is longer than 1048576 bytes
        {"entity":{"id":"3","type":"Person","properties":{}}}
        the schema is longer than 1048576 bytes
        {"entity":{"id":"3","type":"Person","properties":{}}}"#]]
    .assert_eq(&told(&within(&[&node, &two, next, &schema, next].concat())));

    let name = "x".repeat(256);
    let named = format!(
        "<graphml><key id=\"{name}\"/><key id=\"a\" attr.name=\"{name}\"/><graph/></graphml>"
    );
    assert_eq!(read(&named).iter().filter(|said| said.is_err()).count(), 2);
    let keys = (0..40_001).map(|key| format!("<key id=\"{key}\"/>")).collect::<Vec<_>>().concat();
    assert_eq!(
        told(&format!("<graphml>{keys}<graph/>")),
        "the document declares more than 40000 keys"
    );
}
