//! What a list shows is what `vivant_model::permission::decide` allows, in small random worlds.

use vivant_model::permission::{Item, Subject, decide};
use vivant_model::{
    Capability, CapabilitySet, ContentKind, ContentPermissions, Grantee, GroupId, Luid, ProjectId, Rule,
    SiteRole, UserId,
};
use vivant_store::{
    Caller, ListQuery, NewGroup, NewProject, PageRequest, Project, ProjectChanges, User, WorkbookChanges,
};

use crate::harness::{NOW, World, on_both};

on_both!(lists_and_decisions_agree);

/// A small generator, so that a failure can be repeated by its seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}

async fn lists_and_decisions_agree(w: World) {
    let mut questions = 0;
    for seed in 1..=6 {
        questions += one_world(&w, seed).await;
    }
    assert!(
        questions > 1000,
        "{questions} questions are too few to mean anything"
    );
    w.assert_sound().await;
}

async fn one_world(w: &World, seed: u64) -> usize {
    let dice = &mut Dice::new(seed);
    let mut users = Vec::new();
    for (n, role) in SiteRole::all().filter(|role| role.is_assignable()).enumerate() {
        users.push(w.user(&format!("user {seed}-{n}"), role).await);
    }
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let groups = groups(w, seed, dice, &ids).await;
    let projects = projects(w, seed, dice, &ids, &groups).await;
    let mut items = Vec::new();
    for n in 0..10 {
        let project = dice.pick(&projects);
        let owner = dice.pick(&users.iter().collect::<Vec<_>>());
        let caller = w.caller(owner);
        let book = w
            .publish(&caller, project, &format!("Book {seed}-{n}"), false, b"x")
            .await
            .unwrap();
        let rules = rules(dice, &ids, &groups);
        // In a locked project this is refused, and the project's rules stay in force.
        let _ = w
            .store
            .set_rules(w.site, ContentKind::Workbook, book.id.0, &rules, NOW)
            .await;
        let tabs = WorkbookChanges {
            show_tabs: Some(dice.roll(2) == 0),
            ..WorkbookChanges::default()
        };
        w.store.update_workbook(w.site, book.id, tabs, NOW).await.unwrap();
        items.push((ContentKind::Workbook, book.id.0));
        for view in w.store.workbook_views(&w.admin(), book.id, false).await.unwrap() {
            let rules = self::rules(dice, &ids, &groups);
            let _ = w
                .store
                .set_rules(w.site, ContentKind::View, view.id.0, &rules, NOW)
                .await;
            items.push((ContentKind::View, view.id.0));
        }
    }
    // Locks come and go after the content is there.
    for _ in 0..3 {
        let to = dice.pick(ContentPermissions::ALL);
        let changes = ProjectChanges {
            content_permissions: Some(to),
            ..ProjectChanges::default()
        };
        let _ = w
            .store
            .update_project(w.site, dice.pick(&projects), changes, NOW)
            .await;
    }
    items.extend(projects.iter().map(|project| (ContentKind::Project, project.0)));
    let mut questions = 0;
    for user in &users {
        questions += compare(w, seed, user, &items).await;
    }
    questions
}

async fn compare(w: &World, seed: u64, user: &User, items: &[(ContentKind, Luid)]) -> usize {
    let caller = w.caller(user);
    let query = ListQuery {
        page: PageRequest {
            number: 1,
            size: 1000,
        },
        ..ListQuery::default()
    };
    let mut listed: Vec<Luid> = Vec::new();
    listed.extend(
        w.store
            .workbooks(&caller, &query)
            .await
            .unwrap()
            .items
            .iter()
            .map(|i| i.id.0),
    );
    listed.extend(
        w.store
            .views(&caller, &query)
            .await
            .unwrap()
            .items
            .iter()
            .map(|i| i.id.0),
    );
    let projects: Vec<Project> = w.store.projects(&caller, &query).await.unwrap().items;
    listed.extend(projects.iter().map(|i| i.id.0));
    let mut drawn: Vec<Luid> = Vec::new();
    for (_, book) in items.iter().filter(|(kind, _)| *kind == ContentKind::Workbook) {
        let found = w
            .store
            .workbook_views_allowing(&caller, (*book).into(), Capability::ExportImage);
        drawn.extend(found.await.unwrap().iter().map(|id| id.0));
    }
    for (kind, id) in items {
        if *kind == ContentKind::View {
            let expected = allowed(w, &caller, *kind, *id, Capability::ExportImage).await;
            let what = format!("seed {seed}: pictures of {id} for {} {:?}", user.name, user.role);
            assert_eq!(drawn.contains(id), expected, "{what}");
        }
        let expected = allowed(w, &caller, *kind, *id, Capability::Read).await;
        let shown = listed.contains(id);
        assert_eq!(
            shown, expected,
            "seed {seed}: {kind:?} {id} for {} {:?}",
            user.name, user.role
        );
    }
    items.len()
}

/// The model's answer, with project leaders found by walking up rather than by the store's SQL.
async fn allowed(w: &World, caller: &Caller, kind: ContentKind, id: Luid, capability: Capability) -> bool {
    let facts = w.store.facts(caller, kind, id).await.unwrap().unwrap();
    let subject = Subject {
        role: caller.role,
        user: caller.user,
        groups: &facts.groups,
    };
    let mut led = false;
    let mut at = if kind == ContentKind::Project {
        Some(ProjectId(id))
    } else {
        facts.project
    };
    while let Some(project) = at {
        let project = w.store.project(w.site, project).await.unwrap().unwrap();
        let rules = w.store.rules(ContentKind::Project, project.id.0).await.unwrap();
        let item = Item {
            owner: Some(project.owner.id),
            led: false,
            rules: &rules,
            locked: false,
        };
        led |= !caller.role.is_admin() && decide(subject, item, Capability::ProjectLeader).allowed;
        at = project.parent;
    }
    if !caller.role.is_admin() {
        assert_eq!(facts.led, led, "{kind:?} {id}");
    }
    let item = Item {
        owner: facts.owner,
        led,
        rules: &facts.rules,
        locked: facts.locked,
    };
    decide(subject, item, capability).allowed
}

async fn groups(w: &World, seed: u64, dice: &mut Dice, users: &[UserId]) -> Vec<GroupId> {
    let mut groups = Vec::new();
    for n in 0..3 {
        let new = NewGroup {
            name: format!("group {seed}-{n}"),
            ..NewGroup::default()
        };
        let group = w.store.create_group(w.site, new, NOW).await.unwrap().id;
        let members: Vec<UserId> = users.iter().copied().filter(|_| dice.roll(3) == 0).collect();
        w.store
            .add_users_to_group(w.site, group, &members, NOW)
            .await
            .unwrap();
        groups.push(group);
    }
    groups.push(
        w.store
            .group_by_name(w.site, "All Users", "local")
            .await
            .unwrap()
            .unwrap()
            .id,
    );
    groups
}

async fn projects(
    w: &World,
    seed: u64,
    dice: &mut Dice,
    users: &[UserId],
    groups: &[GroupId],
) -> Vec<ProjectId> {
    let mut projects: Vec<ProjectId> = Vec::new();
    for n in 0..7 {
        let parent = match projects.len() {
            0 => None,
            len => (dice.roll(3) > 0).then(|| projects[dice.roll(len)]),
        };
        let new = NewProject {
            name: format!("project {seed}-{n}"),
            description: String::new(),
            parent,
            content_permissions: Some(dice.pick(ContentPermissions::ALL)).filter(|_| dice.roll(4) == 0),
            owner: dice.pick(users),
        };
        let project = w.store.create_project(w.site, new, NOW).await.unwrap().id;
        let rules = rules(dice, users, groups);
        let _ = w
            .store
            .set_rules(w.site, ContentKind::Project, project.0, &rules, NOW)
            .await;
        let rules = self::rules(dice, users, groups);
        let _ = w
            .store
            .set_default_rules(w.site, project, ContentKind::Workbook, &rules, NOW)
            .await;
        projects.push(project);
    }
    projects
}

fn rules(dice: &mut Dice, users: &[UserId], groups: &[GroupId]) -> Vec<Rule> {
    let sets = [
        &[][..],
        &[],
        &[Capability::Read],
        &[Capability::Read, Capability::ProjectLeader],
        &[Capability::ProjectLeader],
        &[Capability::Read, Capability::ExportImage],
        &[Capability::ExportImage],
    ];
    let mut rules = Vec::new();
    for _ in 0..dice.roll(5) {
        let grantee = match dice.roll(2) {
            0 => Grantee::User(dice.pick(users)),
            _ => Grantee::Group(dice.pick(groups)),
        };
        let (allow, deny) = (dice.pick(&sets), dice.pick(&sets));
        rules.push(Rule {
            grantee,
            allow: CapabilitySet::of(allow),
            deny: CapabilitySet::of(deny),
        });
    }
    rules
}
