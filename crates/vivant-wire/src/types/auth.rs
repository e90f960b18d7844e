//! Sign In, Switch Site, current session.

use super::{Node, Out, Read1, ReadError, Site, User, Write1};

element! {
    /// `credentials`: what a caller signs in with, and what it gets.
    Credentials {
        attr name: String = "name";
        attr password: String = "password";
        attr personal_access_token_name: String = "personalAccessTokenName", "Since 3.6.";
        attr personal_access_token_secret: String = "personalAccessTokenSecret", "Since 3.6.";
        attr jwt: String = "jwt", "Since 3.17.";
        attr is_uat: bool = "isUat", "Whether `jwt` is a unified access token.";
        attr token: String = "token", "The session's token, in answers.";
        attr estimated_time_to_expiration: String = "estimatedTimeToExpiration", "Hours, minutes and seconds until the session ends unused.";
        one site: Site = "site";
        one user: User = "user", "In requests: whom to impersonate.";
    }
}

element! {
    /// `session`: whom a token belongs to.
    Session {
        one site: Site = "site";
        one user: User = "user";
    }
}
