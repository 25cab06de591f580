//! Agents that answer in tests.

use std::sync::Arc;

use llm::{
    Answers, Models, Page,
    testing::{Script, ScriptedModel, TestSurroundings},
};

use crate::{
    AskAgents,
    application::ports::{MockReadings, ReadableDocument, ReadableProject},
    facade::Agents,
    testing::{MEMBER, id},
};

/// Asks agents of a model that has its answer ready, about nothing.
pub(crate) fn asking(agents: Agents) -> AskAgents {
    let models = Models::only("some/model".parse().expect("it is a name"), Vec::new());
    let model = ScriptedModel::that(Script::new().says("Because.")).with_models(models);
    in_this_workspace(agents, &model)
}

/// Asks agents of this model. Every workspace is called Acme, and has a project `rocket`, a document `plan` in it, and a
/// document `diary` that the member alone sees.
pub(crate) fn in_this_workspace(agents: Agents, model: &ScriptedModel) -> AskAgents {
    let mut readings = MockReadings::new();
    readings.expect_workspace_name().returning(|_| Ok(Some("Acme".to_owned())));
    readings.expect_project().returning(|_, slug| {
        Ok((slug == "rocket").then(|| ReadableProject { name: "Rocket".to_owned() }))
    });
    readings.expect_document().returning(|_, slug, person, _| {
        let page = |title: &str, text: &str, project: Option<&str>| ReadableDocument {
            id: id(8),
            page: Page { title: title.to_owned(), text: text.to_owned(), is_whole: true },
            project: project.map(str::to_owned),
        };
        Ok(match slug {
            "plan" => Some(page("Plan", "We fly.", Some("Rocket"))),
            "diary" if person == MEMBER => Some(page("Diary", "I am afraid.", None)),
            _ => None,
        })
    });
    let answers = Answers::new(Arc::new(model.clone()), Arc::new(TestSurroundings::new()));
    AskAgents::new(agents, Arc::new(readings), answers)
}
