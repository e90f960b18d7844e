//! Projects, workbooks, views, data sources.

use vivant_model::content_url;
use vivant_store::{Datasource, Project, ProjectRef, View, Workbook};
use vivant_wire::query::Fields;
use vivant_wire::{Timestamp, types};

use super::{Shape, megabytes, owner_view};

/// `tags`.
pub fn tags_view(tags: Vec<String>) -> types::Tags {
    types::Tags {
        tag: tags
            .into_iter()
            .map(|label| types::Tag { label: Some(label) })
            .collect(),
    }
}

fn project_ref(project: ProjectRef, fields: &Fields) -> Option<types::Project> {
    fields.wants_child("project", true).then(|| types::Project {
        id: Some(project.id),
        name: Some(project.name),
        ..types::Project::default()
    })
}

/// `project`.
pub fn project_view(project: Project, shape: &Shape, writeable: Option<bool>) -> types::Project {
    let wants = |name: &str, normally: bool| shape.fields.wants("project", name, normally);
    let newer = shape.since(3, 2);
    types::Project {
        id: Some(project.id),
        name: wants("name", true).then_some(project.name),
        description: wants("description", true).then_some(project.description),
        top_level_project: wants("topLevelProject", false).then_some(project.parent.is_none()),
        parent_project_id: project
            .parent
            .filter(|_| shape.since(2, 7) && wants("parentProjectId", true))
            .map(|p| p.to_string()),
        created_at: wants("createdAt", newer).then_some(Timestamp(project.created_at)),
        updated_at: wants("updatedAt", newer).then_some(Timestamp(project.updated_at)),
        content_permissions: wants("contentPermissions", true)
            .then(|| content_permissions(project.content_permissions, shape)),
        controlling_permissions_project_id: project
            .controlling_permissions_project
            .filter(|_| newer && wants("controllingPermissionsProjectId", true)),
        writeable: writeable.filter(|_| wants("writeable", false)),
        owner: owner_view(project.owner, shape, shape.since(2, 4)),
        contents_counts: project.counts.map(|counts| types::ContentsCounts {
            project_count: Some(counts.projects),
            workbook_count: Some(counts.workbooks),
            view_count: Some(counts.views),
            datasource_count: Some(counts.datasources),
        }),
    }
}

/// Versions before 3.8 do not know the third value; what it locks, the second one locks too.
fn content_permissions(value: vivant_model::ContentPermissions, shape: &Shape) -> String {
    use vivant_model::ContentPermissions::{LockedToProject, LockedToProjectWithoutNested};
    let known = if value == LockedToProjectWithoutNested && !shape.since(3, 8) {
        LockedToProject
    } else {
        value
    };
    known.to_string()
}

/// `workbook`, without its views.
pub fn workbook_view(workbook: Workbook, shape: &Shape) -> types::Workbook {
    let wants = |name: &str, normally: bool| shape.fields.wants("workbook", name, normally);
    let newer = shape.since(3, 1);
    types::Workbook {
        id: Some(workbook.id),
        description: wants("description", newer)
            .then_some(workbook.description)
            .filter(|text| newer || !text.is_empty()),
        webpage_url: (newer && wants("webpageUrl", true))
            .then(|| format!("{}/workbooks/{}", shape.web, workbook.id)),
        show_tabs: wants("showTabs", true).then_some(workbook.show_tabs),
        size: wants("size", true).then(|| megabytes(workbook.size_bytes)),
        created_at: wants("createdAt", true).then_some(Timestamp(workbook.created_at)),
        updated_at: wants("updatedAt", true).then_some(Timestamp(workbook.updated_at)),
        sheet_count: (newer && wants("sheetCount", false)).then(|| u64::from(workbook.sheet_count)),
        has_extracts: (newer && wants("hasExtracts", false)).then_some(workbook.has_extracts),
        encrypt_extracts: (shape.since(3, 5) && wants("encryptExtracts", true))
            .then(|| workbook.encrypt_extracts.to_string()),
        default_view_id: workbook
            .default_view
            .filter(|_| shape.since(3, 5) && wants("defaultViewId", true)),
        name: wants("name", true).then_some(workbook.name),
        content_url: wants("contentUrl", true).then_some(workbook.content_url),
        project: project_ref(workbook.project, &shape.fields),
        owner: owner_view(workbook.owner, shape, true),
        tags: shape
            .fields
            .wants_child("tags", true)
            .then(|| tags_view(workbook.tags)),
        ..types::Workbook::default()
    }
}

/// `view`; `inside` a workbook the reference leaves out what the workbook says already.
pub fn view_view(view: View, shape: &Shape, inside: bool, usage: bool) -> types::View {
    let wants = |name: &str, normally: bool| shape.fields.wants("view", name, normally);
    let newer = shape.since(3, 1);
    let url_name = content_url::view_url_name(&view.content_url).to_owned();
    types::View {
        id: Some(view.id),
        name: wants("name", true).then_some(view.name),
        title: view.title.filter(|_| newer && wants("title", false)),
        caption: view.caption.filter(|_| newer && wants("caption", false)),
        content_url: wants("contentUrl", true).then_some(view.content_url),
        created_at: wants("createdAt", newer && !inside).then_some(Timestamp(view.created_at)),
        updated_at: wants("updatedAt", newer && !inside).then_some(Timestamp(view.updated_at)),
        sheet_type: wants("sheetType", newer && !inside).then_some(view.kind),
        view_url_name: (newer && wants("viewUrlName", true)).then_some(url_name),
        hidden: (newer && view.hidden).then_some(true),
        workbook: (!inside && shape.fields.wants_child("workbook", true)).then(|| types::Workbook {
            id: Some(view.workbook.id),
            name: shape
                .fields
                .wants("workbook", "name", false)
                .then_some(view.workbook.name),
            content_url: shape
                .fields
                .wants("workbook", "contentUrl", false)
                .then_some(view.workbook.content_url),
            show_tabs: shape
                .fields
                .wants("workbook", "showTabs", false)
                .then_some(view.workbook.show_tabs),
            ..types::Workbook::default()
        }),
        owner: if inside {
            None
        } else {
            owner_view(view.owner, shape, true)
        },
        project: if inside || !newer {
            None
        } else {
            project_ref(view.project, &shape.fields)
        },
        tags: (newer || !inside)
            .then(|| tags_view(view.tags))
            .filter(|_| shape.fields.wants_child("tags", true)),
        usage: (usage || (shape.fields.is_all() && newer)).then(|| types::Usage {
            total_view_count: u64::try_from(view.total_views).ok(),
        }),
        ..types::View::default()
    }
}

/// `datasource`, without its connections.
pub fn datasource_view(source: Datasource, shape: &Shape) -> types::Datasource {
    let wants = |name: &str, normally: bool| shape.fields.wants("datasource", name, normally);
    let newer = shape.since(3, 1);
    let certified = shape.since(2, 8);
    types::Datasource {
        id: Some(source.id),
        webpage_url: (newer && wants("webpageUrl", true))
            .then(|| format!("{}/datasources/{}", shape.web, source.id)),
        name: wants("name", true).then_some(source.name),
        content_url: wants("contentUrl", true).then_some(source.content_url),
        description: wants("description", newer)
            .then_some(source.description)
            .filter(|text| newer || !text.is_empty()),
        datasource_type: wants("type", true).then_some(source.class),
        created_at: wants("createdAt", true).then_some(Timestamp(source.created_at)),
        updated_at: wants("updatedAt", true).then_some(Timestamp(source.updated_at)),
        size: (newer && wants("size", true)).then(|| megabytes(source.size_bytes)),
        is_certified: (certified && wants("isCertified", true)).then_some(source.is_certified),
        certification_note: source
            .certification_note
            .filter(|_| certified && wants("certificationNote", true)),
        encrypt_extracts: (shape.since(3, 5) && wants("encryptExtracts", true))
            .then(|| source.encrypt_extracts.to_string()),
        has_extracts: (shape.since(3, 5) && wants("hasExtracts", true)).then_some(source.has_extracts),
        use_remote_query_agent: (shape.since(3, 5) && wants("useRemoteQueryAgent", true))
            .then_some(source.use_remote_query_agent),
        project: project_ref(source.project, &shape.fields),
        owner: owner_view(source.owner, shape, true),
        tags: shape
            .fields
            .wants_child("tags", true)
            .then(|| tags_view(source.tags)),
        ..types::Datasource::default()
    }
}
