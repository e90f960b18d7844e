//! Users and groups.

use vivant_store::{Group, User};
use vivant_wire::{Timestamp, types};

use super::{Shape, role_name};

/// `user` in lists and alone. `alone` adds what the reference shows for a single user.
pub fn user_view(user: User, shape: &Shape, alone: bool) -> types::User {
    let wants = |name: &str, normally: bool| shape.fields.wants("user", name, normally);
    let when = |wanted: bool, value: Option<String>| if wanted { value } else { None };
    types::User {
        id: Some(user.id),
        name: when(wants("name", true), Some(user.name)),
        full_name: when(
            wants("fullName", alone),
            Some(user.full_name.unwrap_or_default()).filter(|n| !n.is_empty() || alone),
        ),
        email: when(wants("email", alone), user.email),
        site_role: when(wants("siteRole", true), Some(role_name(user.role, shape.version))),
        auth_setting: when(wants("authSetting", true), user.auth_setting),
        last_login: user
            .last_login
            .map(Timestamp)
            .filter(|_| wants("lastLogin", true)),
        external_auth_user_id: when(
            wants("externalAuthUserId", true),
            Some(user.external_auth_user_id.unwrap_or_default()),
        ),
        locale: when(shape.since(3, 7) && wants("locale", true), user.locale),
        language: when(shape.since(3, 7) && wants("language", true), user.language),
        domain: shape
            .fields
            .wants_child("domain", alone || shape.since(3, 1))
            .then_some(types::Domain {
                name: Some(user.domain),
                ..types::Domain::default()
            }),
        ..types::User::default()
    }
}

/// `group`.
pub fn group_view(group: Group, shape: &Shape) -> types::Group {
    let wants = |name: &str, normally: bool| shape.fields.wants("group", name, normally);
    let role = group.minimum_site_role.filter(|_| shape.since(3, 8));
    types::Group {
        id: Some(group.id),
        name: wants("name", true).then_some(group.name),
        minimum_site_role: role
            .filter(|_| wants("minimumSiteRole", true))
            .map(|r| role_name(r, shape.version)),
        user_count: (shape.since(3, 9) && wants("userCount", false)).then_some(group.user_count),
        import: role.map(|role| types::Import {
            source: None,
            domain_name: Some(group.domain.clone()),
            site_role: Some(role_name(role, shape.version)),
            grant_license_mode: group.license_mode,
        }),
        domain: Some(types::Domain {
            name: Some(group.domain),
            ..types::Domain::default()
        }),
        ..types::Group::default()
    }
}
