#!/usr/bin/env bats
# compose config: what a project becomes. The language itself is tested by goldens (tests/golden/compose).
load helpers

setup_file() { make_world; }
teardown_file() { remove_world; }

setup() {
  mkdir -p "$BATS_TEST_TMPDIR/shop"
  cd "$BATS_TEST_TMPDIR/shop" || return 1
  cat >compose.yaml <<'YAML'
services:
  web:
    image: nginx:${TAG:-1.2}
    ports: ["8080:80"]
    environment: [MODE, "PRICE=5$$"]
    volumes: ["data:/data", "./html:/html:ro"]
    restart: always
  db:
    build: ./db
    profiles: [full, extra]
volumes: {data: {}, spare: {}}
YAML
  echo 'MODE=from-env-file' >.env
}

@test "config prints the canonical project, and takes it again" {
  run_lichen compose config
  assert_success
  assert_output "name: shop
services:
  web:
    environment:
      MODE: from-env-file
      PRICE: 5\$\$
    image: nginx:1.2
    networks:
      default: null
    ports:
      - mode: ingress
        target: 80
        published: \"8080\"
        protocol: tcp
    restart: always
    volumes:
      - type: volume
        source: data
        target: /data
        volume: {}
      - type: bind
        source: $PWD/html
        target: /html
        read_only: true
        bind:
          create_host_path: true
networks:
  default:
    name: shop_default
volumes:
  data:
    name: shop_data"
  local first=$output
  lichen compose config | lichen compose -f - config >again
  [ "$(cat again)" = "$first" ]
  run_lichen compose convert; assert_output "$first"
}

@test "config lists: services, volumes, networks, models, images, profiles, environment" {
  run_lichen compose config --services; assert_output web
  run_lichen compose --profile full config --services; assert_output $'db\nweb'
  run_lichen compose config --volumes; assert_output data
  run_lichen compose --all-resources config --volumes; assert_output $'data\nspare'
  run_lichen compose config --networks; assert_output default
  run_lichen compose config --models; assert_output ""
  TAG=9 run_lichen compose --profile extra config --images; assert_output $'shop-db\nnginx:9'
  run_lichen compose config --profiles; assert_output $'extra\nfull'
  TAG=9 run_lichen compose -p other config --environment
  assert_contains "COMPOSE_PROJECT_NAME=other"
  assert_contains "MODE=from-env-file"
  assert_contains "TAG=9"
}

@test "config --variables: table, json, yaml; --no-interpolate" {
  run_lichen compose config --variables
  assert_contains "NAME"
  assert_matches 'TAG +false +1.2'
  run_lichen compose config --variables --format yaml
  assert_output "- Name: TAG
  DefaultValue: \"1.2\"
  PresenceValue: \"\"
  Required: false"
  run_lichen compose config --variables --format json; assert_contains '"DefaultValue":'
  run_lichen compose config --no-interpolate; assert_contains 'nginx:${TAG:-1.2}'
  run_lichen compose config --no-interpolate --services; assert_output $'db\nweb'
  run_lichen compose config --no-interpolate --hash '*'; assert_failure 1
  assert_stderr "does not go together"
}

@test "config --hash changes with what makes another container" {
  run_lichen compose config --hash web
  assert_matches '^web [0-9a-f]{64}$'
  local before=$output
  sed -i 's/restart: always/scale: 2/' compose.yaml
  run_lichen compose config --hash '*'
  [ "$output" != "$before" ]
  before=$output
  sed -i 's/scale: 2/scale: 3/' compose.yaml
  run_lichen compose config --hash web; assert_output "$before"
  run_lichen compose config --hash none; assert_failure 1
  assert_stderr "find service 'none'"
}

@test "config: json, a file, one service, quiet, and less of the work" {
  run_lichen compose config --format json; assert_contains '"name": "shop"'
  run_lichen compose config -o out.yaml web; assert_success; assert_output ""
  run_lichen compose -f out.yaml -p shop config; assert_output "$(cat out.yaml)"
  run_lichen compose config -q; assert_success; assert_output ""
  run_lichen compose config --no-path-resolution; assert_contains "source: ./html"
  run_lichen compose config --no-normalize; refute_contains "shop_default"
  sed -i 's/image: .*/env_file: none.env/' compose.yaml
  run_lichen compose config --no-consistency --no-env-resolution; assert_success
  run_lichen compose config --format table; assert_failure 1
}

@test "mistakes are told with their place, and fail with 1" {
  sed -i 's/ports:/prots:/' compose.yaml
  run_lichen compose config -q
  assert_failure 1
  assert_stderr "compose.yaml:4:5: services.web.prots: unknown key"
  assert_stderr "did you mean 'ports'?"
  run_lichen compose -f none.yaml config; assert_failure 1
  assert_stderr "'none.yaml': no such file"
  cd "$BATS_TEST_TMPDIR" || return 1
  run_lichen compose config; assert_failure 1
  assert_stderr "none in '$BATS_TEST_TMPDIR' or above"
}

@test "warnings: a variable that is not set, once" {
  sed -i 's/nginx.*/"nginx${NONE}"/; s/MODE,/"A=$NONE",/' compose.yaml
  run_lichen compose config
  assert_success
  assert_stderr "the variable 'NONE' is not set"
  [ "$(grep -c NONE <<<"$stderr")" = 1 ]
}

@test "what cannot run here is refused by up, and hinders neither config nor ps and down" {
  printf 'services: {web: {provider: {type: cloud}}}\n' >compose.yaml
  run_lichen compose up -d
  assert_failure 1 "compose.yaml:1:18: services.web.provider is not supported"
  run_lichen compose config --services; assert_success; assert_output web
  assert_stderr "services.web.provider is not supported"
  run_lichen compose ps -q; assert_success
  run_lichen compose down; assert_success
}

@test "completion knows the services of the file that the line means" {
  mkdir -p other
  printf 'services: {web: {image: x}, worker: {image: x, profiles: [p]}, db: {image: x}}\n' >compose.yaml
  printf 'services: {elsewhere: {image: x}}\n' >other/compose.yaml
  assert_equal "$(lichen __complete compose logs w)" "$(printf 'web\nworker\n:none')"
  assert_equal "$(lichen __complete compose -f other/compose.yaml up '')" "$(printf 'elsewhere\n:none')"
  assert_equal "$(lichen __complete compose up --exit-code-from d)" "$(printf 'db\n:none')"
  echo 'services: [' >compose.yaml
  assert_equal "$(lichen __complete compose logs w)" ":none"
}
