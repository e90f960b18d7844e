//! Opening: keys, versions, addresses, and content in a bucket.

use vivant_store::{Store, StoreOptions};

use crate::harness::{NOW, World, error, on_both, options};

on_both!(a_store_opens_again, the_key_must_fit, a_newer_database_is_refused);

async fn a_store_opens_again(w: World) {
    let book = w.workbook("Sales").await;
    // Two processes at once are allowed; the second leaves the first's spool alone.
    let mut spool = w.store.content().spool().await.unwrap();
    spool.write(b"x").await.unwrap();
    let second = w.reopen().await.unwrap();
    second.ping().await.unwrap();
    assert_eq!(
        second.workbook(w.site, book.id).await.unwrap(),
        Some(book.clone())
    );
    assert!(spool.finish().await.unwrap().path().exists());
    second.close().await;
    w.store.ping().await.unwrap();
    w.store.clone().close().await;
    assert!(error(w.store.ping().await).contains("closed"));
    let third = w.reopen().await.unwrap();
    assert_eq!(third.workbook(w.site, book.id).await.unwrap(), Some(book));
}

async fn the_key_must_fit(w: World) {
    w.store.clone().close().await;
    let wrong = StoreOptions {
        key: Some([9; 32]),
        ..w.options()
    };
    let refused = error(Store::open(wrong).await.map(drop));
    assert!(
        refused.starts_with("the installation key is not the one"),
        "{refused}"
    );
    let key = w.dir.path().join("data/vivant.key");
    let bytes = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let refused = error(w.reopen().await.map(drop));
    assert!(refused.contains("has no `vivant.key`; put it back"), "{refused}");
    assert!(!key.exists(), "no other key may take its place");
    std::fs::write(&key, bytes).unwrap();
    w.reopen().await.unwrap();
}

async fn a_newer_database_is_refused(w: World) {
    let sql = "INSERT INTO schema_migration (name, checksum) VALUES ('9999_later', 'x')";
    w.store.clone().close().await;
    w.batch(sql).await;
    let refused = error(w.reopen().await.map(drop));
    assert!(
        refused.contains("newer version") && refused.contains("9999_later"),
        "{refused}"
    );
}

#[tokio::test]
async fn bad_addresses_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let open = async |database: Option<&str>, storage: Option<&str>| {
        let storage_url = storage.map(str::to_owned);
        error(
            Store::open(StoreOptions {
                storage_url,
                ..options(&dir, database)
            })
            .await
            .map(drop),
        )
    };
    assert!(
        open(Some("mysql://x"), None)
            .await
            .starts_with("database address: give `sqlite:PATH`")
    );
    assert!(
        open(None, Some("ftp://x"))
            .await
            .starts_with("content address: `ftp` is not known")
    );
    assert!(
        open(None, Some("s3://b?colour=red"))
            .await
            .contains("`colour` is no setting")
    );
    assert!(
        open(Some("postgres://127.0.0.1:1/x?user=x"), None)
            .await
            .starts_with("database: ")
    );
}

#[tokio::test]
async fn files_are_their_owners_alone() {
    let w = World::on_sqlite().await;
    #[cfg(unix)]
    for name in ["vivant.key", "vivant.db"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(w.dir.path().join("data").join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    w.assert_sound().await;
}

#[tokio::test]
async fn content_lies_in_a_bucket() {
    let Some(w) = World::in_bucket().await else {
        return;
    };
    // Beyond the size of one part, so that it is sent in several.
    let large: Vec<u8> = (0..20_000_000_u32).map(|n| (n % 253) as u8).collect();
    let small = w.workbook("Small").await;
    let book = w
        .publish(&w.admin(), w.project, "Large", false, &large)
        .await
        .unwrap();
    assert_eq!(w.read(small.id, None).await, b"workbook");
    assert_eq!(w.read(book.id, None).await, large);
    let file = w.file(book.id).await;
    assert_eq!(w.store.content().local_path(&file.key), None);
    let (size, stream) = w
        .store
        .content()
        .open(&file.key, Some(9_000_000..9_000_010))
        .await
        .unwrap();
    let parts: Vec<bytes::Bytes> = futures_util::TryStreamExt::try_collect(stream).await.unwrap();
    assert_eq!(
        (size, parts.concat()),
        (20_000_000, large[9_000_000..9_000_010].to_vec())
    );
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    assert_eq!(w.store.sweep(NOW, 0).await.unwrap().objects, 1);
    assert_eq!(w.store.content().size(&file.key).await.unwrap(), None);
    w.assert_sound().await;
}
