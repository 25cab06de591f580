-- By which words entries of knowledge are found, and what each counts; they go with the entity. The program makes them: `#` stands
-- before a whole tag, and `@` before a category.
CREATE TABLE erm_words (
    workspace_id uuid NOT NULL,
    word text COLLATE "C" NOT NULL,
    entity_id uuid NOT NULL REFERENCES erm_entities (id) ON DELETE CASCADE,
    weight bigint NOT NULL,
    PRIMARY KEY (workspace_id, word, entity_id)
);

CREATE INDEX erm_words_entity ON erm_words (entity_id);
