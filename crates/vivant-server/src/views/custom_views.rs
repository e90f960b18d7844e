//! Custom views.

use vivant_store::CustomView;
use vivant_wire::{Timestamp, types};

use super::{Shape, owner_view};

/// `customView`.
pub fn custom_view_view(custom: CustomView, shape: &Shape) -> types::CustomView {
    let wants = |name: &str| shape.fields.wants("customView", name, true);
    types::CustomView {
        id: Some(custom.id),
        name: wants("name").then_some(custom.name),
        created_at: wants("createdAt").then_some(Timestamp(custom.created_at)),
        updated_at: wants("updatedAt").then_some(Timestamp(custom.updated_at)),
        shared: wants("shared").then_some(custom.shared),
        view: shape.fields.wants_child("view", true).then(|| types::View {
            id: Some(custom.view),
            name: Some(custom.view_name),
            ..types::View::default()
        }),
        workbook: shape
            .fields
            .wants_child("workbook", true)
            .then(|| types::Workbook {
                id: Some(custom.workbook),
                name: Some(custom.workbook_name),
                ..types::Workbook::default()
            }),
        owner: owner_view(custom.owner, shape, true),
        ..types::CustomView::default()
    }
}
