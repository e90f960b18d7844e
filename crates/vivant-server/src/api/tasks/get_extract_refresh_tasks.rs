//! Get Extract Refresh Tasks.

use http::StatusCode;
use vivant_store::{ListQuery, PageRequest, TaskFilter};
use vivant_wire::types;

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::lists::{page_request, pagination};
use crate::reply::Reply;
use crate::views::task_view;

/// Lists the tasks of the site that the caller may manage; in pages where the caller asks for them,
/// else whole, as the reference has it.
pub async fn get_extract_refresh_tasks(call: Call, who: SiteUser) -> Result<Reply> {
    let wants_pages = call.query.get("pageSize").is_some() || call.query.get("pageNumber").is_some();
    let paging = call.query.paging()?;
    let query = ListQuery {
        page: match wants_pages {
            true => page_request(paging),
            false => PageRequest {
                number: 1,
                size: u32::MAX,
            },
        },
        ..ListQuery::default()
    };
    let store = &call.app.store;
    let page = store.tasks(&who.caller, TaskFilter::default(), &query).await?;
    let pagination = wants_pages.then(|| pagination(paging, page.total));
    let shape = call.shape(&who);
    let tasks = page.items.into_iter();
    let task = tasks.map(|task| task_view(task, &shape)).collect();
    Ok(call.answer(StatusCode::OK, |out| {
        if let Some(pagination) = &pagination {
            out.child("pagination", pagination);
        }
        out.child("tasks", &types::Tasks { task });
    }))
}
