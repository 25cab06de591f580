//! Every method of the facade, asked by everybody: who may do what is written down in `AUTHORISATION.md`, and held.

use expect_test::expect_file;
use identity::{Slug, WorkspaceRef};
use perme8_events::{
    Origin, Save as _, StorageError, Transaction as _, UserId, WorkspaceId,
    testing::{Asker, Question, in_two_states, matrix, on_both_engines, questions},
};

use super::Projects;
use crate::{
    ArchiveProject, CreateProject, DeleteProject, ListProjects, ProjectRef, RestoreProject,
    UpdateProject,
    application::ports::MockMembers,
    domain::project::{Beginning, Particulars, Project},
    testing::{ADMIN, GUEST, MEMBER, OWNER, STRANGER, id},
};

/// A workspace with a project of each of its members, which nobody has touched yet, and one that is put away.
struct World {
    projects: Projects,
    company: WorkspaceId,
}

impl World {
    async fn new(projects: &Projects, number: u128) -> Self {
        let company = id(number);
        let made = projects.uow.run(system(), async |tx| {
            for (slug, owner_id) in [
                ("of-the-owner", OWNER),
                ("of-the-member", MEMBER),
                ("of-the-guest", GUEST),
                (ARCHIVED_PROJECT, MEMBER),
            ] {
                let now = tx.now();
                let at = Beginning { id: tx.new_id(), workspace_id: company, owner_id, now };
                let new = Particulars { name: slug.to_owned(), description: None, color: None };
                let slug = Slug::from_name(slug).expect("something is left of it");
                let project = tx.save(Project::create(at, new, slug)).await?;
                if project.slug.as_str() == ARCHIVED_PROJECT {
                    tx.save(project.archive(now).expect("it is in use")).await?;
                }
            }
            Ok::<_, StorageError>(())
        });
        made.await.unwrap();
        Self { projects: projects.clone(), company }
    }

    fn company(&self) -> WorkspaceRef {
        self.company.into()
    }

    fn of(&self, whose: &str) -> ProjectRef {
        ProjectRef { workspace: self.company(), slug: format!("of-the-{whose}") }
    }

    fn put_away(&self) -> ProjectRef {
        ProjectRef { workspace: self.company(), slug: ARCHIVED_PROJECT.to_owned() }
    }

    fn renamed(project: ProjectRef) -> UpdateProject {
        UpdateProject {
            project,
            name: Some("Plans".to_owned()),
            description: None,
            color: None,
            seen: None,
        }
    }
}

fn user(user: UserId) -> Origin {
    Origin::user(user)
}

fn system() -> Origin {
    Origin::system("projects.matrix")
}

/// Who asks.
const ASKERS: [Asker<World>; 10] = [
    ("owner", |_| user(OWNER)),
    ("admin", |_| user(ADMIN)),
    ("member", |_| user(MEMBER)),
    ("guest", |_| user(GUEST)),
    ("stranger", |_| user(STRANGER)),
    ("nobody", |_| Origin::anonymous()),
    ("system", |_| system()),
    ("system for an admin", |_| system().on_behalf_of_user(ADMIN)),
    ("system for a guest", |_| system().on_behalf_of_user(GUEST)),
    ("system for a stranger", |_| system().on_behalf_of_user(STRANGER)),
];

/// The slug of a project that is put away, and of the member.
const ARCHIVED_PROJECT: &str = "put-away";

const HEAD: &str = "\
# Who may do what

Every method of the facade, asked by everybody who could ask; the roles are those in the workspace.
`cargo test -p projects` executes each cell on a workspace of its own and compares, so this file is true; `UPDATE_EXPECT=1` writes it.
`cargo xtask tidy` fails while a public method of the facade has no row here.

*yes* is done or answered, *nothing* is answered with nothing; everything else is the variant of the error.
A project of the guest began when that person was a member.
Whoever is gone, or has left, is a stranger; the system acts for nobody but the person whose act it carries on.

## In a workspace that is in use

";

const ARCHIVED: &str = "
## In an archived workspace

Only what differs.

";

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn everybody_may_what_is_written_down(test: TestDb) {
        let projects = |is_archived| Projects::new(test.db.clone(), MockMembers::everywhere(is_archived));
        let active = asked(&projects(false), 1_000).await;
        let archived = asked(&projects(true), 2_000).await;
        let text = in_two_states(HEAD, &active, ARCHIVED, &archived);
        expect_file!["../../AUTHORISATION.md"].assert_eq(&text);
    }
}

/// A line per method; worlds are numbered from `number` on.
async fn asked(projects: &Projects, mut number: u128) -> Vec<String> {
    let fresh = async || {
        number += 1;
        World::new(projects, number).await
    };
    matrix(&ASKERS, &rows(), fresh).await
}

fn rows() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.projects;
        create_project(origin, CreateProject {
            workspace: world.company(), name: "New".to_owned(), description: None, color: None,
        });
        may_create_project(&origin, &world.company());
        project(&origin, &world.of("owner"));
        project "put away" (&origin, &world.put_away());
        projects(&origin, &world.company(), ListProjects {
            archived: false, search: None, limit: 100, after: None,
        });
        project_titles(&origin, &world.company());
        export_projects "the own" (&origin);
        update_project "of the owner" (origin, World::renamed(world.of("owner")));
        update_project "of the member" (origin, World::renamed(world.of("member")));
        update_project "of the guest" (origin, World::renamed(world.of("guest")));
        update_project "of the member, put away" (origin, World::renamed(world.put_away()));
        may_update_project "of the owner" (&origin, &world.of("owner"));
        may_update_project "of the member" (&origin, &world.of("member"));
        may_update_project "of the guest" (&origin, &world.of("guest"));
        may_update_project "of the member, put away" (&origin, &world.put_away());
        archive_project "of the owner" (origin, ArchiveProject { project: world.of("owner"), seen: None });
        archive_project "of the member" (origin, ArchiveProject { project: world.of("member"), seen: None });
        archive_project "of the guest" (origin, ArchiveProject { project: world.of("guest"), seen: None });
        archive_project "of the member, put away" (origin, ArchiveProject { project: world.put_away(), seen: None });
        restore_project "of the owner" (origin, RestoreProject { project: world.of("owner"), seen: None });
        restore_project "of the member" (origin, RestoreProject { project: world.of("member"), seen: None });
        restore_project "of the guest" (origin, RestoreProject { project: world.of("guest"), seen: None });
        restore_project "of the member, put away" (origin, RestoreProject { project: world.put_away(), seen: None });
        delete_project "of the owner" (origin, DeleteProject { project: world.of("owner"), seen: None });
        delete_project "of the member" (origin, DeleteProject { project: world.of("member"), seen: None });
        delete_project "of the guest" (origin, DeleteProject { project: world.of("guest"), seen: None });
        delete_project "of the member, put away" (origin, DeleteProject { project: world.put_away(), seen: None });
    }
    .into()
}
