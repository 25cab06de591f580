//! Documents are read as they were written, whatever stands in them.

use expect_test::expect;
use quick_xml::events::Event;
use serde_json::json;

use super::{read::Reader, write};
use crate::domain::{
    lines::{EdgeLine, EntityLine, Line, SchemaLine},
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
        if is_over {
            return lines;
        }
    }
}

fn person(id: &str, properties: serde_json::Value) -> Line {
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
            json!({"name": " <Ada> & \"co\"\r\n\t\u{1}\u{FFFF} ]]> ", "age": -7, "score": 1.0, "ok": true, "type": "human"}),
        ),
        person("2", json!({"name": "", "score": 3, "age": "seven", "shoe": {"size": 39}})),
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
    let told: Vec<String> = read(document)
        .into_iter()
        .map(|line| match line {
            Ok(line) => serde_json::to_string(&line).unwrap(),
            Err(error) => error,
        })
        .collect();
    expect![[r#"
        {"entity":{"id":"a","type":"Person","properties":{"age":7}}}
        has no data of the key of types
        age cannot be "old"
        key "d7" is not declared
        &nbsp; means nothing here
        an edge has a source and a target
        {"edge":{"type":"KN&WS","source_id":"a","target_id":"b","properties":{}}}"#]]
    .assert_eq(&told.join("\n"));
}
