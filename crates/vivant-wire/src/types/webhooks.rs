//! Webhooks: which event is told to which address.

use std::fmt;

use super::{Node, Out, Read1, ReadError, Timestamp, User, Write1};

/// What stands before the name of an event in the element that names it.
const PREFIX: &str = "webhook-source-event-";

element! {
    /// `webhook`.
    Webhook {
        attr id: String = "id";
        attr name: String = "name";
        attr event: String = "event", "The event under its newer name, such as `WorkbookCreated`.";
        attr is_enabled: bool = "isEnabled";
        attr status_change_reason: String = "statusChangeReason", "Why it was switched off.";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        one webhook_source: WebhookSource = "webhook-source";
        one webhook_destination: WebhookDestination = "webhook-destination";
        one owner: User = "owner";
    }
}

element! {
    /// `webhooks`.
    Webhooks {
        many webhook: Webhook = "webhook";
    }
}

element! {
    /// `webhook-destination`.
    WebhookDestination {
        one http: WebhookDestinationHttp = "webhook-destination-http";
    }
}

element! {
    /// `webhook-destination-http`.
    WebhookDestinationHttp {
        attr method: String = "method", "`POST`.";
        attr url: String = "url";
    }
}

element! {
    /// `webhookTestResult`: what the destination answered.
    WebhookTestResult {
        attr id: String = "id";
        attr status: u32 = "status", "The HTTP status.";
        leaf body: String = "body";
    }
}

/// `webhook-source`: the event, as the name of the only child.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WebhookSource {
    /// Which event.
    pub event: Option<WebhookEvent>,
}

impl Write1 for WebhookSource {
    fn write(&self, out: &mut Out) {
        if let Some(event) = &self.event {
            out.element(event.element(), |_| {});
        }
    }
}

impl Read1 for WebhookSource {
    fn read(node: &Node) -> Result<Self, ReadError> {
        let name = node.children.first().map(|child| child.name.as_str());
        // JSON may write an empty element as null or an empty text.
        let name = name.or(node.attributes.first().map(|(name, _)| name.as_str()));
        let event = name.map(|name| {
            WebhookEvent::new(name).ok_or_else(|| ReadError::new(format!("'{name}' names no webhook event")))
        });
        Ok(Self {
            event: event.transpose()?,
        })
    }
}

/// An event that a webhook tells of.
///
/// Shown without the prefix that the element's name has: `workbook-created`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WebhookEvent(String);

impl WebhookEvent {
    /// Makes an event of its name, with or without `webhook-source-event-` or `webhook-event-`; `None`
    /// where no element can bear it.
    pub fn new(name: &str) -> Option<Self> {
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let whole = match name.starts_with(PREFIX) || name.starts_with("webhook-event-") {
            true => name.to_owned(),
            false => format!("{PREFIX}{name}"),
        };
        plain.then_some(Self(whole))
    }

    /// The name of the element that names the event.
    pub fn element(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.strip_prefix(PREFIX).unwrap_or(&self.0))
    }
}
