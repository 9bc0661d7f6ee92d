#!/usr/bin/env bats
# compose and a registry: when the images of services are pulled again.
# ctest: timeout=120
load helpers
load compose_helpers

setup_file() {
  make_world
  export PLAIN
  PLAIN=$("$HELPERS/registry.sh" start "$BASE/plain")
}
teardown_file() {
  "$HELPERS/registry.sh" stop "$BASE/plain"
  remove_world
}
setup() {
  project_folder shop
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/tiny.tar" app:1
}
teardown() {
  lichen compose -p shop down -v -t 0 >/dev/null 2>&1 || true
  lichen rmi -a -f >/dev/null 2>&1 || true
}

policy() { # WORDS...: of the service
  { printf 'name: shop\nservices:\n  web:\n    image: %s/app:1\n' "$PLAIN"; printf '    %s\n' "$@" | sort -u; } >compose.yaml
}
up() { # whether it pulled: pulls, or stays
  run_lichen compose up --no-start
  assert_success || return 1
  if [[ $stderr == *" Image $PLAIN/app:1  Pulled"* ]]; then pulled=pulls; else pulled=stays; fi
}
newest() { [ "$(lichen inspect -f '{{.Image}}' shop-web-1)" = "$(lichen image inspect -f '{{.Id}}' "$PLAIN/app:1")" ]; }
# As if the name had been given to the image so long ago.
age() { find "$LICHEN_ROOT/refs" -type f -path '*/app/*/1' -exec touch -d "$1" {} +; }

@test "pull_policy daily, weekly, every_ and refresh: an image is pulled again when it is older, and counts from then on" {
  local words old young
  while read -r young old words; do
    policy "${words%%; *}" "${words##*; }"
    lichen rmi -f "$PLAIN/app:1" >/dev/null 2>&1 || true
    up
    assert_equal "$pulled" pulls "$words, missing"
    up
    assert_equal "$pulled" stays "$words, new"
    age "${young//_/ } ago"
    up
    assert_equal "$pulled" stays "$words, $young old"
    age "${old//_/ } ago"
    up
    assert_equal "$pulled" pulls "$words, $old old"
    up
    assert_equal "$pulled" stays "$words, found to be the newest"
    lichen compose down -t 0 >/dev/null 2>&1
  done <<END
23_hours 25_hours pull_policy: daily
6_days 8_days pull_policy: weekly
80_minutes 100_minutes pull_policy: every_1h30m
13_days 15_days pull_policy: every_2w
50_minutes 70_minutes pull_policy: refresh; pull_refresh_after: 1h
END
}

@test "a newer image makes the container anew; --pull says otherwise for once; refresh without a time is missing" {
  policy 'pull_policy: daily'
  up
  local first
  first=$(lichen inspect -f '{{.Id}} {{.Image}}' shop-web-1)
  "$HELPERS/registry.sh" push "$BASE/plain" "$LICHEN_TEST_FIXTURES/layers.tar" app:1
  age '25 hours ago'
  run_lichen compose up --no-start --pull never
  assert_success
  assert_equal "$(lichen inspect -f '{{.Id}} {{.Image}}' shop-web-1)" "$first"
  up
  assert_equal "$pulled" pulls
  if [ "$(lichen inspect -f '{{.Image}}' shop-web-1)" = "${first#* }" ]; then return 1; fi
  newest
  policy 'pull_policy: refresh'
  age '10 years ago'
  up
  assert_equal "$pulled" stays
}
