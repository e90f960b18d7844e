//! Sets of groups, and collections of content.

use super::{CollectionId, Group, GroupSetId, Node, Out, Read1, ReadError, Timestamp, User, Write1};

element! {
    /// `groupSet`: users who are in all of its groups.
    GroupSet {
        attr id: GroupSetId = "id";
        attr name: String = "name";
        attr group_count: u64 = "groupCount";
        many group: Group = "group";
    }
}

element! {
    /// `groupSets`.
    GroupSets {
        many group_set: GroupSet = "groupSet";
    }
}

element! {
    /// `collection`: content that somebody put together.
    Collection {
        attr id: CollectionId = "id";
        attr name: String = "name";
        attr description: String = "description";
        attr created_at: Timestamp = "createdAt";
        attr updated_at: Timestamp = "updatedAt";
        attr total_item_count: u64 = "totalItemCount";
        attr permissioned_item_count: u64 = "permissionedItemCount", "Items that the caller may see.";
        attr visibility: String = "visibility", "`Public` or `Private`.";
        one owner: User = "owner";
    }
}

element! {
    /// `collections`.
    Collections {
        many collection: Collection = "collection";
    }
}
