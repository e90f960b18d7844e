"""What both clients read of each kind of item: property of Tableau's model -> part of the element."""

from __future__ import annotations

from typing import Any

from support.differential.values import Table, labels, part


def flag(path: str):
    """A boolean that Tableau's client takes for false where it is absent."""
    return lambda element: part(element, path) or False


PROJECT: Table = {
    "id": "id",
    "name": "name",
    "description": "description",
    "content_permissions": "contentPermissions",
    "parent_id": "parentProjectId",
    "owner_id": "owner.id",
    "top_level_project": "topLevelProject",
    "writeable": "writeable",
    "project_count": "contentsCounts.projectCount",
    "workbook_count": "contentsCounts.workbookCount",
    "view_count": "contentsCounts.viewCount",
}

WORKBOOK: Table = {
    "id": "id",
    "name": "name",
    "description": "description",
    "content_url": "contentUrl",
    "webpage_url": "webpageUrl",
    "show_tabs": flag("showTabs"),
    "size": "size",
    "sheet_count": "sheetCount",
    "has_extracts": flag("hasExtracts"),
    "encrypt_extracts": "encryptExtracts",
    "default_view_id": "defaultViewId",
    "share_description": "shareDescription",
    "last_published_at": "lastPublishedAt",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "project_id": "project.id",
    "project_name": "project.name",
    "owner_id": "owner.id",
    "tags": labels,
}

VIEW: Table = {
    "id": "id",
    "name": "name",
    "content_url": "contentUrl",
    "sheet_type": "sheetType",
    "view_url_name": "viewUrlName",
    "favorites_total": "favoritesTotal",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "owner_id": "owner.id",
    "project_id": "project.id",
    "tags": labels,
}

# Within the list of a workbook, Tableau's client fills in the workbook that it asked for.
VIEW_OF_SITE: Table = {**VIEW, "workbook_id": "workbook.id"}

# Without the statistics, reading them raises an error there.
VIEW_WITH_USAGE: Table = {**VIEW_OF_SITE, "total_views": "usage.totalViewCount"}

DATASOURCE: Table = {
    "id": "id",
    "name": "name",
    "description": "description",
    "content_url": "contentUrl",
    "webpage_url": "webpageUrl",
    "datasource_type": "type",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "certified": flag("isCertified"),
    "certification_note": "certificationNote",
    "size": "size",
    "connected_workbooks_count": "connectedWorkbooksCount",
    "favorites_total": "favoritesTotal",
    "has_alert": "hasAlert",
    "is_published": "isPublished",
    "server_name": "serverName",
    "project_id": "project.id",
    "project_name": "project.name",
    "owner_id": "owner.id",
    "ask_data_enablement": "askData.enablement",
    "tags": labels,
}

CONNECTION: Table = {
    "id": "id",
    "connection_type": "type",
    "embed_password": flag("embedPassword"),
    "server_address": "serverAddress",
    "server_port": "serverPort",
    "username": "userName",
    "auth_type": "authenticationType",
    "database_name": "dbName",
    "datasource_id": "datasource.id",
    "datasource_name": "datasource.name",
}

USER: Table = {
    "id": "id",
    "name": "name",
    "fullname": "fullName",
    "email": "email",
    "site_role": "siteRole",
    "auth_setting": "authSetting",
    "last_login": "lastLogin",
    "external_auth_user_id": "externalAuthUserId",
    "locale": "locale",
    "language": "language",
    "idp_configuration_id": "idpConfigurationId",
    "domain_name": "domain.name",
}

GROUP: Table = {
    "id": "id",
    "name": "name",
    "domain_name": "domain.name",
    "user_count": "userCount",
    "license_mode": "import.grantLicenseMode",
    "minimum_site_role": "import.siteRole",
}

REVISION: Table = {
    "revision_number": "revisionNumber",
    "current": flag("current"),
    "deleted": flag("deleted"),
    "created_at": "publishedAt",
    "user_id": "publisher.id",
    "user_name": "publisher.name",
}

JOB: Table = {
    "id": "id",
    "type": "type",
    "progress": "progress",
    "mode": "mode",
    "created_at": "createdAt",
    "started_at": "startedAt",
    "updated_at": "updatedAt",
    "completed_at": "completedAt",
    "finish_code": lambda job: part(job, "finishCode") or "-1",
    "workbook_id": "extractRefreshJob.workbook.id",
    "workbook_name": "extractRefreshJob.workbook.name",
    "datasource_id": "extractRefreshJob.datasource.id",
    "datasource_name": "extractRefreshJob.datasource.name",
}

BACKGROUND_JOB: Table = {
    "id": "id",
    "type": "jobType",
    "status": "status",
    "created_at": "createdAt",
    "started_at": "startedAt",
    "ended_at": "endedAt",
    "priority": "priority",
    "title": "title",
    "subtitle": "subtitle",
}

SCHEDULE: Table = {
    "id": "id",
    "name": "name",
    "state": "state",
    "priority": "priority",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "schedule_type": "type",
    "next_run_at": "nextRunAt",
    "end_schedule_at": "endScheduleAt",
    "execution_order": "executionOrder",
    "start": "frequencyDetails.start",
    "frequency": "frequency",
}

EXTRACT: Table = {
    "id": "id",
    "priority": "priority",
    "type": "type",
    "workbook_id": "workbook.id",
    "datasource_id": "datasource.id",
}

SUBSCRIPTION: Table = {
    "id": "id",
    "subject": "subject",
    "message": "message",
    "attach_image": flag("attachImage"),
    "attach_pdf": flag("attachPdf"),
    "page_orientation": "pageOrientation",
    "page_size_option": "pageSizeOption",
    "suspended": flag("suspended"),
    "schedule_id": "schedule.id",
    "send_if_view_empty": flag("content.sendIfViewEmpty"),
    "user_id": "user.id",
}


class Shown:
    """An item of Tableau's client with properties of our own making, for what it reads deeper inside."""

    def __init__(self, item: Any, **more: Any):
        self._item, self._more = item, more

    def __getattr__(self, name: str) -> Any:
        return self._more[name] if name in self._more else getattr(self._item, name)


def schedule(item: Any) -> Shown:
    """A schedule with what its interval says."""
    interval = item.interval_item
    return Shown(item, start=str(interval.start_time), frequency=interval._frequency)


def rules(permissions: Any) -> list[tuple]:
    """Rules as grantee and capabilities: those of Tableau's client, or ours."""
    if isinstance(permissions, dict):
        found = []
        for rule in part(permissions, "granteeCapabilities") or []:
            kind = next(one for one in ("user", "group", "groupSet") if one in rule)
            capabilities = {c["name"]: c["mode"] for c in part(rule, "capabilities.capability") or []}
            found.append((kind, rule[kind]["id"], capabilities))
        return found
    return [(rule.grantee.tag_name, rule.grantee.id, dict(rule.capabilities)) for rule in permissions]


def same_rules(theirs: Any, ours: Any) -> None:
    """Both read the same rules, at least one."""
    assert rules(theirs), "no rules prove nothing"
    assert rules(theirs) == rules(ours["permissions"])


def one_by_one(query: Any) -> list:
    """The items of a query; `list(query)` would ask for its length first, which is another request."""
    return [item for item in query]
