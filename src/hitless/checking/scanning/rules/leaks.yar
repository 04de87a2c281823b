// Where a secret may be: secret_shapes.py decides whether it is one. A rule finds no more than its form.

rule key { meta: id = "key" strings: $a = /-----BEGIN ([A-Z0-9]{2,12} ){0,2}PRIVATE[ ]KEY( BLOCK)?-----/ condition: $a }
rule aws { meta: id = "aws" strings: $a = /\bA(KIA|SIA)[A-Z2-7]{16}\b/ condition: $a }
rule github { meta: id = "github" strings: $a = /\bgh[pousr][_][A-Za-z0-9]{36}\b/ condition: $a }
rule github_fine { meta: id = "github-fine" strings: $a = /\bgithub[_]pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b/ condition: $a }
rule gitlab { meta: id = "gitlab" strings: $a = /\bglpat[-][A-Za-z0-9_-]{20}/ condition: $a }
rule slack { meta: id = "slack" strings: $a = /\b(xoxa|xoxb|xoxp|xoxr)[-][0-9]{8,14}-[0-9A-Za-z-]{16,80}/ condition: $a }
rule slack_hook { meta: id = "slack-hook" strings: $a = /hooks\.slack[.]com\/services\/T[A-Z0-9]{7,12}\/B[A-Z0-9]{7,12}\/[A-Za-z0-9]{24}/ condition: $a }
rule huggingface { meta: id = "huggingface" strings: $a = /\bhf[_][A-Za-z]{34}\b/ condition: $a }
rule npm { meta: id = "npm" strings: $a = /\bnpm[_][A-Za-z0-9]{36}\b/ condition: $a }
rule pypi { meta: id = "pypi" strings: $a = /\bpypi[-]AgE[A-Za-z0-9_-]{60,200}/ condition: $a }
rule openai { meta: id = "openai" strings: $a = /\bsk[-](proj|ant-api03|svcacct)-[A-Za-z0-9_-]{60,160}/ condition: $a }
rule stripe { meta: id = "stripe" strings: $a = /\b[sr]k[_]live_[A-Za-z0-9]{24,99}\b/ condition: $a }
rule huawei {
  meta: id = "huawei"
  strings:
    $a = /(HUAWEI_|HUAWEICLOUD_|HW_|OBS_|OTC_|MODELARTS_|CLOUD_SDK_)(SDK_|CLOUD_)?(ACCESS_KEY_ID|ACCESS_KEY|SECRET_ACCESS_KEY|SECRET_KEY|AK|SK)["']?\s{0,4}[:=]\s{0,4}["']?[A-Za-z0-9]{20,40}/
    $b = /(huawei_|huaweicloud_|hw_|obs_|otc_|modelarts_|cloud_sdk_)(sdk_|cloud_)?(access_key_id|access_key|secret_access_key|secret_key|ak|sk)["']?\s{0,4}[:=]\s{0,4}["']?[A-Za-z0-9]{20,40}/
  condition: any of them
}
