/** The small files of SpaceTime's host: configuration where the runbook has it, and the code below its production tree. */
import { readFileSync } from 'node:fs';

export const version = '2.5.0';
export const productionRoot = '/opt/spacetime/production';

const near = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Absolute path to text. `.env` is not here: it holds the password. */
export function smallFiles(): Record<string, string> {
  const below = (path: string) => `${productionRoot}/${path}`;
  return {
    '/etc/systemd/system/godot-spacetime.service': near('godot-spacetime.service'),
    '/etc/nginx/sites-available/spacetime-api': nginx,
    '/etc/security/limits.conf': 'spacetime-app soft nofile 65536\nspacetime-app hard nofile 65536\n',
    '/etc/sysctl.d/99-spacetime.conf': 'net.core.somaxconn = 4096\nvm.swappiness = 10\n',
    [below('project.godot')]: project,
    [below('package.json')]: `${JSON.stringify({ name: 'spacetime', version, type: 'module', private: true })}\n`,
    [below('vr_main.tscn')]: scene('VrMain', 'res://scripts/main.gd'),
    [below('.gitignore')]: '/data/\n/node_modules/\n/.env\n*.log\n',
    ...Object.fromEntries(scripts.map((name) => [below(`scripts/${name}.gd`), script(name)])),
    ...Object.fromEntries(
      scripts.map((name) => [below(`scenes/${name}.tscn`), scene(name, `res://scripts/${name}.gd`)]),
    ),
    ...Object.fromEntries(
      ['main', 'database', 'status'].map((name) => [below(`server/${name}.ts`), near(`../app/${name}.ts`)]),
    ),
  };
}

const scripts = ['main', 'player', 'orbit', 'docking', 'telemetry', 'audio', 'teleport', 'inventory'];

const project = `config_version=5

[application]
config/name="SpaceTime"
config/version="${version}"
run/main_scene="res://vr_main.tscn"

[xr]
openxr/enabled=true
`;

const nginx = `server {
  listen 443 ssl;
  server_name spacetime-api.company.com;
  ssl_certificate /etc/ssl/certs/spacetime-api.crt;
  ssl_certificate_key /etc/ssl/certs/spacetime-api.key;
  location / { proxy_pass http://127.0.0.1:8080; }
}
`;

function script(name: string): string {
  return `extends Node3D
# ${name} of SpaceTime ${version}.

@export var enabled := true

func _process(delta: float) -> void:
\tif enabled:
\t\tset_meta("${name}_seconds", get_meta("${name}_seconds", 0.0) + delta)
`;
}

function scene(name: string, path: string): string {
  return `[gd_scene load_steps=2 format=3]

[ext_resource type="Script" path="${path}" id="1"]

[node name="${name}" type="Node3D"]
script = ExtResource("1")
`;
}
