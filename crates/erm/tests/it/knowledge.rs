//! Entries of knowledge: written, found, related and walked to.

use erm::{
    CreateEntity, CreateEntry, DeleteEntry, EntityId, EntryChanges, EntryDetails, EntryQueryError,
    FoundEntries, InvalidEntry, NewEntry, PropertyError, RelateEntries, RelateError,
    RelationDirection, RelationType, RestoreEntity, SchemaDraft, SearchEntries, SearchEntriesError,
    TraverseEntries, TraverseEntriesError, UnrelateEntries, UpdateEntry, WriteEntryError,
};
use identity::{CreateWorkspace, WorkspaceRef};
use perme8_events::{Actor, Id, Origin, UserId, testing::on_both_engines};
use serde_json::json;
use uuid::Uuid;

use crate::office::{Office, engines, people_and_companies};

fn said(title: &str, tags: &[&str], body: &str) -> NewEntry {
    NewEntry {
        title: title.to_owned(),
        body: body.to_owned(),
        category: "concept".to_owned(),
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        ..NewEntry::default()
    }
}

fn looking(query: &str) -> SearchEntries {
    SearchEntries { query: query.to_owned(), ..SearchEntries::default() }
}

fn titles(page: &FoundEntries) -> Vec<&str> {
    page.found.iter().map(|entry| entry.title.as_str()).collect()
}

impl Office {
    async fn learn(&self, by: UserId, entry: NewEntry) -> Result<EntryDetails, WriteEntryError> {
        let command = CreateEntry { workspace: engines(), entry };
        self.erm.knowledge().create_entry(Origin::user(by), command).await
    }

    async fn found(&self, asked: SearchEntries) -> FoundEntries {
        let gus = Origin::user(self.gus);
        self.erm.knowledge().search(&gus, &engines(), asked).await.unwrap()
    }

    async fn relate(
        &self,
        from: EntityId,
        relation_type: &str,
        to: EntityId,
    ) -> Result<erm::Relation, RelateError> {
        let relation_type = relation_type.to_owned();
        let command = RelateEntries { workspace: engines(), from, to, relation_type };
        self.erm.knowledge().relate(Origin::user(self.ben), command).await
    }

    async fn update(
        &self,
        id: EntityId,
        changes: EntryChanges,
    ) -> Result<EntryDetails, WriteEntryError> {
        let command = UpdateEntry { workspace: engines(), id, changes, seen: None };
        self.erm.knowledge().update_entry(Origin::user(self.ben), command).await
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &erm::MIGRATIONS];

    async fn a_member_writes_entries_where_there_is_no_schema(test: TestDb) {
        let office = Office::open(test).await;
        let refused = office.learn(office.gus, said("Mills", &[], "Grind.")).await;
        assert!(matches!(refused, Err(WriteEntryError::Forbidden)), "{refused:?}");
        let refused = office.learn(office.ben, said(" ", &[], "Grind.")).await;
        assert!(
            matches!(refused, Err(WriteEntryError::Invalid(InvalidEntry::TitleRequired))),
            "{refused:?}"
        );
        assert!(office.events().await.is_empty());
        let entry = office.learn(office.ben, said("Mills", &["water"], "Grind.")).await.unwrap();
        let gus = Origin::user(office.gus);
        let open = office.erm.knowledge().entry(&gus, &engines(), entry.id).await.unwrap();
        assert_eq!(open.entry, entry);
        assert_eq!(office.events().await, ["schema_created", "entity_created"]);
        // Ben may write no schema: the system did, for him.
        let events = office.envelopes().await;
        assert_eq!(events[0].actor, Actor::System("erm.knowledge".into()));
        assert_eq!(events[0].on_behalf_of, Some(office.ben));
        assert_eq!(events[0].correlation_id, events[1].correlation_id);
        assert_eq!(events[1].actor, Actor::User(office.ben));
        let history = office.erm.schema_history(&gus, &engines(), 10, None).await.unwrap();
        let written = &history.versions[0];
        assert_eq!(written.written_by, office.ben);
        assert_eq!(written.written_through.as_deref(), Some("erm.knowledge"));
        office.learn(office.ben, said("Wheels", &[], "Turn.")).await.unwrap();
        assert_eq!(office.events().await.len(), 3);
    }

    async fn a_schema_that_is_there_is_completed(test: TestDb) {
        let office = Office::open(test).await;
        let entry = json!([{ "name": "KnowledgeEntry", "properties": [
            { "name": "title", "type": "string", "required": true, "constraints": { "max_length": 9 } },
        ] }]);
        let draft = SchemaDraft::from_json(Some(entry), Some(json!([{ "name": "part_of" }])));
        office.put(draft, None).await.unwrap();
        let entry = office.learn(office.ben, said("Mills", &[], "Grind.")).await.unwrap();
        let schema = office.erm.schema(&Origin::user(office.gus), &engines()).await.unwrap();
        assert_eq!((schema.version, schema.edge_types.len()), (2, 6));
        // The rules of the workspace hold all the same.
        let refused = office.learn(office.ben, said("Mills grind", &[], "Flour.")).await;
        let Err(WriteEntryError::NotConforming(errors)) = refused else { panic!("{refused:?}") };
        let fields: Vec<_> = errors.iter().map(|PropertyError { field, .. }| field).collect();
        assert_eq!(fields, ["title"]);
        // Whoever takes the types out again has them back with the next entry.
        office.put(people_and_companies(), None).await.unwrap();
        let other = office.learn(office.ben, said("Wheels", &[], "Turn.")).await.unwrap();
        office.relate(entry.id, "part_of", other.id).await.unwrap();
    }

    async fn entries_change_and_go(test: TestDb) {
        let office = Office::open(test).await;
        let new = NewEntry { last_verified_at: Some("2026-02-28".to_owned()), ..said("Mills", &["a"], "Grind.") };
        let entry = office.learn(office.ben, new).await.unwrap();
        let changes = EntryChanges {
            title: Some("Water mills".to_owned()),
            tags: Some(Some(vec!["water".to_owned()])),
            last_verified_at: Some(None),
            ..EntryChanges::default()
        };
        let updated = office.update(entry.id, changes).await.unwrap();
        assert_eq!((updated.title.as_str(), updated.body.as_str()), ("Water mills", "Grind."));
        assert_eq!((updated.tags, updated.last_verified_at), (vec!["water".to_owned()], None));
        let empty = EntryChanges { body: Some(String::new()), ..EntryChanges::default() };
        let refused = office.update(entry.id, empty).await;
        assert!(matches!(refused, Err(WriteEntryError::Invalid(InvalidEntry::BodyRequired))), "{refused:?}");
        let stale = DeleteEntry { workspace: engines(), id: entry.id, seen: Some(1) };
        let knowledge = office.erm.knowledge();
        let refused = knowledge.delete_entry(Origin::user(office.ben), stale.clone()).await;
        assert!(matches!(refused, Err(WriteEntryError::OtherVersion)), "{refused:?}");
        assert_eq!(titles(&office.found(looking("mill water")).await), ["Water mills"]);
        let delete = DeleteEntry { seen: None, ..stale };
        knowledge.delete_entry(Origin::user(office.ben), delete.clone()).await.unwrap();
        assert!(office.found(looking("mill")).await.found.is_empty());
        let refused = knowledge.delete_entry(Origin::user(office.ben), delete).await;
        assert!(matches!(refused, Err(WriteEntryError::EntryNotFound)), "{refused:?}");
        // As an entity it comes back, and is found again.
        let restore = RestoreEntity { workspace: engines(), id: entry.id, seen: None };
        office.erm.restore_entity(Origin::user(office.ben), restore).await.unwrap();
        assert_eq!(titles(&office.found(looking("grind")).await), ["Water mills"]);
    }

    async fn what_is_no_entry_is_not_treated_as_one(test: TestDb) {
        let office = Office::with_schema(test).await;
        let entry = office.learn(office.ben, said("Mills", &[], "Grind.")).await.unwrap();
        let properties = json!({ "full_name": "Ada" }).as_object().cloned().unwrap();
        let person = CreateEntity {
            workspace: engines(),
            entity_type: "Person".to_owned(),
            external_key: None,
            properties,
        };
        let person = office.erm.create_entity(Origin::user(office.ben), person).await.unwrap().id;
        for id in [person, Id::new(Uuid::from_u128(7))] {
            let gus = Origin::user(office.gus);
            let refused = office.erm.knowledge().entry(&gus, &engines(), id).await;
            assert!(matches!(refused, Err(EntryQueryError::EntryNotFound)), "{refused:?}");
            let refused = office.update(id, EntryChanges::default()).await;
            assert!(matches!(refused, Err(WriteEntryError::EntryNotFound)), "{refused:?}");
            let refused = office.relate(entry.id, "part_of", id).await;
            assert!(matches!(refused, Err(RelateError::ToNotFound)), "{refused:?}");
            let refused = office.relate(id, "part_of", entry.id).await;
            assert!(matches!(refused, Err(RelateError::FromNotFound)), "{refused:?}");
            let walk = TraverseEntries { start: id, relation_type: None, depth: None };
            let refused = office.erm.knowledge().traverse(&gus, &engines(), walk).await;
            assert!(matches!(refused, Err(TraverseEntriesError::StartNotFound)), "{refused:?}");
        }
        assert!(office.found(looking("ada")).await.found.is_empty());
    }

    async fn all_entries_are_searched_and_the_best_come_first(test: TestDb) {
        let office = Office::open(test).await;
        for number in 0..120 {
            let title = format!("Note {number}");
            let entry = said(&title, &["common"], &format!("The wheel number{number} turns."));
            office.learn(office.ben, entry).await.unwrap();
        }
        let ranked = [("Wheel", vec![], "x"), ("Tagged", vec!["wheel"], "x"), ("Both", vec!["wheel"], "wheels")];
        for (title, tags, body) in ranked {
            office.learn(office.ben, said(title, &tags, body)).await.unwrap();
        }
        // The first entries of all are found, too.
        assert_eq!(titles(&office.found(looking("WHE number0")).await), ["Note 0"]);
        let mut after = None;
        let mut found = Vec::new();
        loop {
            let asked = SearchEntries { limit: Some(50), after, ..looking("wheel") };
            let page = office.found(asked).await;
            found.extend(page.found.iter().map(|entry| entry.title.clone()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.len(), 123);
        assert_eq!(found[..4], ["Wheel", "Both", "Tagged", "Note 119"]);
        assert_eq!(found.last().map(String::as_str), Some("Note 0"));
        let tagged = SearchEntries { tags: vec!["COMMON".to_owned()], ..looking("") };
        assert_eq!(office.found(tagged.clone()).await.found.len(), 20);
        let both = SearchEntries { query: "note 7".to_owned(), ..tagged.clone() };
        assert_eq!(titles(&office.found(both).await).len(), 11);
        let none = SearchEntries { category: Some("gotcha".to_owned()), ..tagged };
        assert!(office.found(none).await.found.is_empty());
        let gus = Origin::user(office.gus);
        let refused = office.erm.knowledge().search(&gus, &engines(), looking(" ")).await;
        assert!(matches!(refused, Err(SearchEntriesError::NoCriteria)), "{refused:?}");
    }

    async fn entries_relate_once_and_are_walked_to(test: TestDb) {
        let office = Office::open(test).await;
        let mut ids = Vec::new();
        for title in ["Mills", "Wheels", "Water", "Rain"] {
            ids.push(office.learn(office.ben, said(title, &[], "x")).await.unwrap().id);
        }
        let [mills, wheels, water, rain] = ids[..] else { panic!("there are four") };
        let relation = office.relate(wheels, "part_of", mills).await.unwrap();
        assert_eq!(office.relate(wheels, "part_of", mills).await.unwrap(), relation);
        office.relate(mills, "depends_on", water).await.unwrap();
        office.relate(water, "depends_on", rain).await.unwrap();
        let edges = |events: &[String]| events.iter().filter(|name| *name == "edge_created").count();
        assert_eq!(edges(&office.events().await), 3);
        let refused = office.relate(mills, "part_of", mills).await;
        assert!(matches!(refused, Err(RelateError::SelfReference)), "{refused:?}");
        let refused = office.relate(mills, "likes", water).await;
        assert!(matches!(refused, Err(RelateError::RelationType(_))), "{refused:?}");

        let (gus, knowledge) = (Origin::user(office.gus), office.erm.knowledge());
        let open = knowledge.entry(&gus, &engines(), mills).await.unwrap();
        let seen: Vec<_> = open.relations.iter()
            .map(|one| (one.relation_type, one.direction, one.title.as_str(), one.entry)).collect();
        assert_eq!(seen, [
            (RelationType::DependsOn, RelationDirection::Outgoing, "Water", water),
            (RelationType::PartOf, RelationDirection::Incoming, "Wheels", wheels),
        ]);
        assert_eq!(open.relations[1].id, relation.id);
        let walk = async |relation_type: Option<&str>, depth| {
            let relation_type = relation_type.map(str::to_owned);
            let asked = TraverseEntries { start: mills, relation_type, depth };
            let found = knowledge.traverse(&gus, &engines(), asked).await.unwrap();
            assert_eq!(found.start.title, "Mills");
            let mut titles: Vec<_> = found.entries.into_iter().map(|entry| entry.title).collect();
            titles.sort_unstable();
            (titles.join(" "), found.relations.len())
        };
        assert_eq!(walk(None, None).await, ("Rain Water Wheels".to_owned(), 3));
        assert_eq!(walk(None, Some(-1)).await, ("Water Wheels".to_owned(), 2));
        assert_eq!(walk(Some("depends_on"), Some(9)).await, ("Rain Water".to_owned(), 2));
        assert_eq!(walk(Some("supersedes"), None).await, (String::new(), 0));

        let unrelate = UnrelateEntries { workspace: engines(), id: relation.id };
        knowledge.unrelate(Origin::user(office.ben), unrelate.clone()).await.unwrap();
        let refused = knowledge.unrelate(Origin::user(office.ben), unrelate).await;
        assert!(matches!(refused, Err(RelateError::RelationNotFound)), "{refused:?}");
        assert_eq!(walk(None, None).await, ("Rain Water".to_owned(), 2));
    }

    async fn a_workspace_keeps_what_it_has_learnt_to_itself(test: TestDb) {
        let office = Office::open(test).await;
        let named = CreateWorkspace { name: "Mills".to_owned(), description: None, color: None };
        office.identity.create_workspace(Origin::user(office.ada), named).await.unwrap();
        let mills: WorkspaceRef = "mills".into();
        let knowledge = office.erm.knowledge();
        let secret = CreateEntry { workspace: mills.clone(), entry: said("Secret", &["x"], "Wheel.") };
        let secret = knowledge.create_entry(Origin::user(office.ada), secret).await.unwrap();
        let own = office.learn(office.ben, said("Own", &["x"], "Wheel.")).await.unwrap();
        assert_eq!(titles(&office.found(looking("wheel")).await), ["Own"]);
        let ben = Origin::user(office.ben);
        let refused = knowledge.search(&ben, &mills, looking("wheel")).await;
        assert!(matches!(refused, Err(SearchEntriesError::WorkspaceNotFound)), "{refused:?}");
        let refused = knowledge.entry(&ben, &engines(), secret.id).await;
        assert!(matches!(refused, Err(EntryQueryError::EntryNotFound)), "{refused:?}");
        let refused = office.relate(own.id, "part_of", secret.id).await;
        assert!(matches!(refused, Err(RelateError::ToNotFound)), "{refused:?}");
        let refused = office.update(secret.id, EntryChanges::default()).await;
        assert!(matches!(refused, Err(WriteEntryError::EntryNotFound)), "{refused:?}");
    }
}
