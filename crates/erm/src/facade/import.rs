//! Taking over a graph from a file.

use perme8_events::{Origin, StorageError};
use tokio::io::AsyncBufRead;

use super::Erm;
use crate::{
    application::{
        bulks::{
            BulkMode,
            create_edges::{CreateEdges, NewEdge},
            create_entities::{CreateEntities, NewEntity},
        },
        entities::put_entity_by_key::PutEntityByKey,
        import::{
            Batch, Import, ImportError, ImportProgress, ImportReport, ImportedSchema, Names,
            Numbered, SchemaImport, by_place, dry_run, file::File, is_known,
        },
        put_schema::{PutSchema, PutSchemaError},
        writing::WriteError,
    },
    domain::{
        lines::{EdgeLine, EntityLine, Line, SchemaLine},
        policy::Action,
        schema::{SchemaDefinition, draft::SchemaDraft},
    },
    infrastructure::listing,
};

/// A file on its way into a workspace.
struct Running<'a> {
    erm: &'a Erm,
    origin: Origin,
    import: Import,
    /// What the workspace knows; none if it has no schema.
    schema: Option<SchemaDefinition>,
    names: Names,
    batch: Batch,
    report: ImportReport,
}

impl Erm {
    /// Takes over what stands in a file: entities and edges in batches, each in a transaction of its own. What cannot be taken
    /// over is told, and the rest is. Entities with an external key that is there already are replaced. `told` hears how far it is.
    ///
    /// # Errors
    ///
    /// [`ImportError`]; what was taken over before it stays.
    #[tracing::instrument(skip_all, fields(workspace = ?import.workspace))]
    pub async fn import(
        &self,
        origin: Origin,
        import: Import,
        reader: impl AsyncBufRead + Unpin + Send,
        mut told: impl FnMut(ImportProgress) + Send,
    ) -> Result<ImportReport, ImportError> {
        let acting = self.acting(&origin, &import.workspace).await?;
        acting.may(Action::Write)?;
        if import.schema == ImportedSchema::Replace {
            acting.may(Action::WriteSchema)?;
        }
        let schema = listing::definition(&self.db, acting.workspace_id()).await?;
        let (names, batch) = (Names::default(), Batch::default());
        let report = ImportReport { dry_run: import.dry_run, ..ImportReport::default() };
        let mut running = Running { erm: self, origin, import, schema, names, batch, report };
        let mut file = File::new(running.import.format, reader);
        while let Some(said) = file.next().await.map_err(ImportError::Unreadable)? {
            running.report.read = file.read();
            match said {
                Ok(line) => {
                    if running.batch.is_full_for(&line) {
                        running.write().await?;
                        told(file.read());
                    }
                    running.take(line).await?;
                }
                Err(message) => running.report.fail(file.read().lines, None, message),
            }
        }
        running.write().await?;
        running.report.read = file.read();
        told(file.read());
        Ok(running.report)
    }
}

impl Running<'_> {
    async fn take(&mut self, line: Line) -> Result<(), ImportError> {
        let number = self.report.read.lines;
        match line {
            Line::Schema(schema) => return self.take_schema(schema).await,
            Line::Entity(_) | Line::Edge(_) if self.schema.is_none() => {
                return Err(ImportError::NoSchema);
            }
            Line::Entity(item) => self.batch.entities.push(Numbered { line: number, item }),
            Line::Edge(item) => self.batch.edges.push(Numbered { line: number, item }),
        }
        Ok(())
    }

    async fn take_schema(&mut self, line: SchemaLine) -> Result<(), ImportError> {
        let number = self.report.read.lines;
        let is_wanted = self.schema.is_none() || self.import.schema == ImportedSchema::Replace;
        if !is_wanted {
            self.report.schema = SchemaImport::Kept;
            return Ok(());
        }
        let draft = SchemaDraft::from_json(line.entity_types, line.edge_types);
        let checked = draft.check();
        let put = match checked {
            Ok(definition) if self.import.dry_run => Ok(definition),
            Ok(definition) => {
                let workspace = self.import.workspace.clone();
                let put = PutSchema { workspace, draft, version: None };
                self.erm.put_schema(self.origin.clone(), put).await.map(|_| definition)
            }
            Err(errors) => Err(PutSchemaError::Invalid(errors)),
        };
        match put {
            Ok(definition) => {
                let is_first = self.schema.replace(definition).is_none();
                self.report.schema =
                    if is_first { SchemaImport::Created } else { SchemaImport::Replaced };
            }
            Err(PutSchemaError::Invalid(errors)) => {
                self.report.schema = SchemaImport::Failed;
                let errors = errors.into_iter().map(|error| error.message);
                let message = errors.collect::<Vec<_>>().join("; ");
                self.report.fail(number, Some("schema".to_owned()), message);
            }
            Err(PutSchemaError::WorkspaceNotFound) => return Err(ImportError::WorkspaceNotFound),
            Err(PutSchemaError::Forbidden) => return Err(ImportError::Forbidden),
            Err(PutSchemaError::WorkspaceArchived) => return Err(ImportError::WorkspaceArchived),
            Err(PutSchemaError::OtherVersion) => {
                return Err(ImportError::Storage(StorageError::conflict()));
            }
            Err(PutSchemaError::Storage(error)) => return Err(ImportError::Storage(error)),
        }
        Ok(())
    }

    /// Writes what was gathered, or only looks at it.
    async fn write(&mut self) -> Result<(), ImportError> {
        let Batch { entities, edges } = std::mem::take(&mut self.batch);
        if self.import.dry_run {
            let schema = self.schema.as_ref().ok_or(ImportError::NoSchema);
            if entities.is_empty() && edges.is_empty() {
                return Ok(());
            }
            let schema = schema?;
            for item in entities {
                dry_run::entity(schema, item, &mut self.names, &mut self.report);
            }
            for item in edges {
                dry_run::edge(schema, item, &self.names, &mut self.report);
            }
            return Ok(());
        }
        if !entities.is_empty() {
            self.write_entities(entities).await?;
        }
        if !edges.is_empty() {
            self.write_edges(edges).await?;
        }
        Ok(())
    }

    async fn write_entities(
        &mut self,
        entities: Vec<Numbered<EntityLine>>,
    ) -> Result<(), ImportError> {
        let items = entities.iter().map(|Numbered { item, .. }| NewEntity {
            entity_type: item.entity_type.clone(),
            external_key: item.external_key.clone(),
            properties: item.properties.clone(),
        });
        let workspace = self.import.workspace.clone();
        let create = CreateEntities { workspace, items: items.collect(), mode: BulkMode::Partial };
        let outcome = self.erm.create_entities(self.origin.clone(), create).await?;
        let mut failed = by_place(outcome.failed);
        let mut done = outcome.done.into_iter();
        for (place, Numbered { line, item }) in entities.into_iter().enumerate() {
            match (failed.remove(&place), item.external_key) {
                (None, _) => {
                    if let Some(created) = done.next() {
                        self.names.learn(item.id.as_ref(), created.id);
                        self.report.entities.created += 1;
                    }
                }
                (Some(errors), Some(external_key)) if is_known(&errors) => {
                    let put = PutEntityByKey {
                        workspace: self.import.workspace.clone(),
                        entity_type: item.entity_type,
                        external_key,
                        properties: item.properties,
                    };
                    match self.erm.put_entity_by_key(self.origin.clone(), put).await {
                        Ok((entity, is_new)) => {
                            self.names.learn(item.id.as_ref(), entity.id);
                            let ours = &mut self.report.entities;
                            let count = if is_new { &mut ours.created } else { &mut ours.updated };
                            *count += 1;
                        }
                        Err(WriteError::Storage(error)) => return Err(ImportError::Storage(error)),
                        Err(error) => self.report.fail(line, None, error.to_string()),
                    }
                }
                (Some(errors), _) => self.report.fail_for(line, errors),
            }
        }
        Ok(())
    }

    async fn write_edges(&mut self, edges: Vec<Numbered<EdgeLine>>) -> Result<(), ImportError> {
        let lines: Vec<u64> = edges.iter().map(|edge| edge.line).collect();
        let items = edges.into_iter().map(|Numbered { item, .. }| NewEdge {
            edge_type: item.edge_type,
            source_id: self.names.find(&item.source_id),
            target_id: self.names.find(&item.target_id),
            properties: item.properties,
        });
        let workspace = self.import.workspace.clone();
        let create = CreateEdges { workspace, items: items.collect(), mode: BulkMode::Partial };
        let outcome = self.erm.create_edges(self.origin.clone(), create).await?;
        self.report.edges.created += outcome.done.len() as u64;
        for failure in outcome.failed {
            let line = lines.get(failure.index).copied().unwrap_or_default();
            self.report.fail_for(line, failure.errors);
        }
        Ok(())
    }
}
