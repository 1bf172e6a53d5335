//! Effects of the grant by an assertion: used up and issued from together, once, on all nodes.

use std::time::Duration;

use grantwell_store::StoreError;
use oauth::client::keys::KeySource;
use oauth::grant::jwt_bearer::{
    Decision, Facts, Fault, Issue, Named, Once, Request, Subject, decide,
};
use oauth::policy::TrustedIssuer;

use crate::world::{World, on_both};

/// R7523-3-b: all of them have found out the same; only the row can tell them apart.
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_that_bring_one_assertion_on_two_nodes_one_is_issued_to() {
    on_both(|world| async move {
        let nodes = [world.node().await, world.node().await];
        let (client, _) = world.registered(&nodes[0], "site").await;
        let user = nodes[0].users().create(World::new_user("jane")).await.unwrap();
        let mut policy = world.policy.clone();
        policy.capabilities.trusted_issuers =
            vec![TrustedIssuer::new("https://partner.example", KeySource::None)];
        let step = |id: &str| -> Issue {
            let issuer = "https://partner.example".to_owned();
            let expires_at = world.clock.now() + Duration::from_mins(1);
            let once = Once { issuer, id: id.to_owned(), expires_at };
            let named = Named { once, subject: Subject::UserId(user.account.id) };
            let request =
                Request { assertion: Err(Fault::Form), scope: None, resources: Vec::new() };
            let (user, standing) = (Some(user.verified()), client.client.standing());
            let facts = Facts { assertion: Ok(named), user, client: standing };
            match decide(&request, &client.client, &facts, &policy, world.clock.now()) {
                Decision::Issue(issue) => *issue,
                Decision::Refuse(error) => panic!("refused: {error:?}"),
            }
        };
        let one = step("one");
        let tries = (0..20).map(|n| {
            let (store, one, policy) = (nodes[n % 2].clone(), one.clone(), policy.clone());
            tokio::spawn(async move { store.jwt_bearer().apply(&one, &policy).await })
        });
        let mut made = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            made.extend(one.await.unwrap().unwrap());
        }
        assert_eq!(made.len(), 1);
        let list = async || nodes[1].authorizations().list(user.account.id).await.unwrap();
        assert_eq!(list().await.iter().map(|row| row.id).collect::<Vec<_>>(), made);

        // What cannot be issued is not used up either.
        let two = step("two");
        let mut nobody = two.clone();
        nobody.authorization.user = oauth::id::UserId::from_uuid(uuid::Uuid::from_u128(7));
        let failed = nodes[0].jwt_bearer().apply(&nobody, &policy).await.unwrap_err();
        assert!(matches!(failed, StoreError::NotFound(_)), "{failed:?}");
        assert!(nodes[1].jwt_bearer().apply(&two, &policy).await.unwrap().is_some());
        assert_eq!(list().await.len(), 2);

        // Nothing of it outlives its access token.
        world.clock.advance(policy.access_token_lifetime);
        assert_eq!(list().await.len(), 0);
        assert_eq!(nodes[0].sweep().run().await.unwrap().replays, 2);
    })
    .await;
}
