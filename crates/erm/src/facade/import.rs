//! Taking over a graph from a file.

use perme8_events::Origin;
use tokio::io::AsyncBufRead;

use super::Erm;
use crate::{
    application::{
        bulks::{BulkError, BulkFailure},
        import::{
            Import, ImportError, ImportReport, ImportedSchema, SchemaImport,
            batch::{Batch, Numbered},
            names::Names,
            rehearsal::Rehearsal,
            take_edges::{FileEdge, TakeEdges},
            take_entities::{TakeEntities, Taken, TakenEntity},
        },
        put_schema::{PutSchema, PutSchemaError},
    },
    domain::{
        lines::{EdgeLine, EntityLine, Line, SchemaLine},
        names::TypeName,
        policy::Action,
        quota::Counted,
        schema::draft::SchemaDraft,
    },
    infrastructure::{import_file::File, schema_queries},
};

/// A file on its way into a workspace.
struct Running<'a> {
    erm: &'a Erm,
    origin: Origin,
    import: Import,
    has_schema: bool,
    /// If nothing is to be written.
    rehearsal: Option<Rehearsal>,
    names: Names,
    batch: Batch,
    report: ImportReport,
}

/// Gathers who acts, and runs a use case that writes nothing, so that nobody waits for it.
macro_rules! look {
    ($self:ident, $origin:ident, $command:ident, $more:expr) => {{
        let acting = $self.acting(&$origin, &$command.workspace).await?;
        $self.uow.look($origin, async |tx| $command.execute(tx, &acting, $more).await).await
    }};
}

impl Erm {
    /// Takes over what stands in a file: entities and edges in batches, each in a transaction of its own. What cannot be taken
    /// over is told, and the rest is. Entities with an external key that is there already are replaced. `told` hears after
    /// each batch, and at the end, what became of the file so far, whatever the end is.
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
        mut told: impl FnMut(&ImportReport) + Send,
    ) -> Result<ImportReport, ImportError> {
        let acting = self.acting(&origin, &import.workspace).await?;
        acting.may(Action::Write)?;
        if import.schema == ImportedSchema::Replace {
            acting.may(Action::WriteSchema)?;
        }
        let definition = schema_queries::definition(&self.db, acting.workspace_id()).await?;
        let mut running = Running {
            erm: self,
            origin,
            has_schema: definition.is_some(),
            rehearsal: import.dry_run.then(|| Rehearsal::of(definition.unwrap_or_default())),
            names: Names::within(self.options.quota),
            batch: Batch::default(),
            report: ImportReport { dry_run: import.dry_run, ..ImportReport::default() },
            import,
        };
        let mut file = File::new(running.import.format, reader);
        let outcome = running.run(&mut file, &mut told).await;
        running.report.read = file.read();
        // What is wrong with a batch is known after what is wrong with lines that cannot be read.
        running.report.errors.sort_by_key(|problem| problem.line);
        told(&running.report);
        outcome.map(|()| running.report)
    }

    async fn take_entities(
        &self,
        origin: Origin,
        command: TakeEntities<'_>,
    ) -> Result<Taken<TakenEntity>, BulkError> {
        if command.rehearsal.is_some() {
            return look!(self, origin, command, self.options.quota);
        }
        transact!(self, origin, command, BulkError, self.options.quota)
    }

    async fn take_edges(
        &self,
        origin: Origin,
        command: TakeEdges<'_>,
    ) -> Result<Taken<()>, BulkError> {
        if command.rehearsal.is_some() {
            return look!(self, origin, command, self.options.quota);
        }
        transact!(self, origin, command, BulkError, self.options.quota)
    }
}

impl Running<'_> {
    async fn run<R: AsyncBufRead + Unpin + Send>(
        &mut self,
        file: &mut File<R>,
        told: &mut (impl FnMut(&ImportReport) + Send),
    ) -> Result<(), ImportError> {
        while let Some(said) =
            file.next().await.map_err(|error| ImportError::Unreadable(error.into()))?
        {
            let before = std::mem::replace(&mut self.report.read, file.read());
            match said {
                Ok(line) => {
                    if self.batch.is_full_for(&line) {
                        self.write().await?;
                        told(&self.report);
                    }
                    self.take(line, self.report.read.bytes - before.bytes).await?;
                }
                Err(message) => self.report.fail(self.report.read.lines, None, message),
            }
        }
        self.write().await
    }

    /// Something stands in the file, in so many bytes of it.
    async fn take(&mut self, line: Line, bytes: u64) -> Result<(), ImportError> {
        let number = self.report.read.lines;
        match line {
            Line::Schema(schema) => return self.take_schema(schema).await,
            Line::Entity(_) | Line::Edge(_) if !self.has_schema => {
                return Err(ImportError::NoSchema);
            }
            Line::Entity(item) => {
                let admitted = item.id.as_deref().map_or(Ok(()), |name| self.names.admit(name));
                match admitted {
                    Ok(()) => self.batch.add_entity(Numbered { line: number, item }, bytes),
                    Err(error) => self.report.fail_for(number, vec![error]),
                }
            }
            Line::Edge(item) => self.batch.add_edge(Numbered { line: number, item }, bytes),
        }
        Ok(())
    }

    async fn take_schema(&mut self, line: SchemaLine) -> Result<(), ImportError> {
        // What somebody else has written meanwhile is not replaced unless that is wished.
        let version = match self.import.schema {
            ImportedSchema::IfNone if self.has_schema => {
                self.report.schema = SchemaImport::Kept;
                return Ok(());
            }
            ImportedSchema::IfNone => Some(0),
            ImportedSchema::Replace => None,
        };
        let draft = SchemaDraft::from_json(line.entity_types, line.edge_types);
        match self.put_schema(draft, version).await {
            Ok(()) => {
                let had_one = std::mem::replace(&mut self.has_schema, true);
                self.report.schema =
                    if had_one { SchemaImport::Replaced } else { SchemaImport::Created };
            }
            Err(PutSchemaError::OtherVersion) => {
                self.has_schema = true;
                self.report.schema = SchemaImport::Kept;
            }
            Err(PutSchemaError::Invalid(errors)) => {
                self.report.schema = SchemaImport::Failed;
                let errors = errors.into_iter().map(|error| error.message);
                let message = errors.collect::<Vec<_>>().join("; ");
                self.report.fail(self.report.read.lines, Some("schema".to_owned()), message);
            }
            Err(error @ PutSchemaError::TooManyValues { .. }) => {
                self.report.schema = SchemaImport::Failed;
                let (line, field) = (self.report.read.lines, Some("schema".to_owned()));
                self.report.fail(line, field, error.to_string());
            }
            Err(PutSchemaError::WorkspaceNotFound) => return Err(ImportError::WorkspaceNotFound),
            Err(PutSchemaError::Forbidden) => return Err(ImportError::Forbidden),
            Err(PutSchemaError::WorkspaceArchived) => return Err(ImportError::WorkspaceArchived),
            Err(PutSchemaError::Storage(error)) => return Err(ImportError::Storage(error)),
        }
        Ok(())
    }

    /// Writes the schema, or only looks whether it could be written.
    async fn put_schema(
        &mut self,
        draft: SchemaDraft,
        version: Option<i64>,
    ) -> Result<(), PutSchemaError> {
        let workspace = self.import.workspace.clone();
        if let Some(rehearsal) = &mut self.rehearsal {
            self.erm.may_put_schema(&self.origin, &workspace).await?;
            rehearsal.definition = draft.check().map_err(PutSchemaError::Invalid)?.into();
        } else {
            let put = PutSchema { workspace, draft, version };
            self.erm.put_schema(self.origin.clone(), put).await?;
        }
        Ok(())
    }

    /// Writes what was gathered, or only looks at it.
    async fn write(&mut self) -> Result<(), ImportError> {
        let Batch { entities, edges, .. } = std::mem::take(&mut self.batch);
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
        let (workspace, rehearsal) = (self.import.workspace.clone(), self.rehearsal.as_ref());
        let take = TakeEntities { workspace, lines: &entities, rehearsal };
        let taken = self.erm.take_entities(self.origin.clone(), take).await?;
        let lines: Vec<u64> = entities.iter().map(|entity| entity.line).collect();
        let mut items: Vec<EntityLine> = entities.into_iter().map(|entity| entity.item).collect();
        for BulkFailure { index, .. } in &taken.failed {
            self.names.lose(items[*index].id.take());
        }
        for (place, entity) in &taken.done {
            let item = &mut items[*place];
            match entity {
                TakenEntity::Created(id) => {
                    self.names.learn(item.id.take(), *id);
                    self.report.entities.created += 1;
                    if let Some(rehearsal) = &mut self.rehearsal {
                        let of = std::mem::take(&mut item.entity_type);
                        rehearsal.entities.insert(*id, TypeName::stored(of));
                    }
                }
                TakenEntity::Updated(id) => {
                    self.names.learn(item.id.take(), *id);
                    self.report.entities.updated += 1;
                }
            }
        }
        self.note(&lines, taken, Counted::Entities)
    }

    async fn write_edges(&mut self, edges: Vec<Numbered<EdgeLine>>) -> Result<(), ImportError> {
        let lines: Vec<u64> = edges.iter().map(|edge| edge.line).collect();
        let edges = edges.into_iter().map(|Numbered { item, .. }| FileEdge {
            ends: self.names.ends(&item),
            edge_type: item.edge_type,
            properties: item.properties,
        });
        let edges: Vec<FileEdge> = edges.collect();
        let (workspace, rehearsal) = (self.import.workspace.clone(), self.rehearsal.as_ref());
        let take = TakeEdges { workspace, edges: &edges, rehearsal };
        let taken = self.erm.take_edges(self.origin.clone(), take).await?;
        let created = taken.done.len() as u64;
        self.report.edges.created += created;
        if let Some(rehearsal) = &mut self.rehearsal {
            rehearsal.edges += created;
        }
        self.note(&lines, taken, Counted::Edges)
    }

    /// Tells what was not taken over; where the workspace is full, the import ends.
    fn note<T>(&mut self, lines: &[u64], taken: Taken<T>, of: Counted) -> Result<(), ImportError> {
        let Taken { done: _, failed, full } = taken;
        for BulkFailure { index, errors } in failed {
            self.report.fail_for(lines[index], errors);
        }
        let Some(full) = full else { return Ok(()) };
        let quota = self.erm.options.quota;
        let limit = match of {
            Counted::Entities => quota.entities,
            Counted::Edges => quota.edges,
        };
        let error = ImportError::QuotaExceeded { of, limit };
        self.report.fail(lines[full], None, error.to_string());
        Err(error)
    }
}

#[cfg(test)]
mod tests;
