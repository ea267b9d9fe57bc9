#!/bin/sh
# A container that holds evidence at @location@.
# A @mode@ policy of @days@ days cannot be taken back for what is written under it: read before running.
# Set before: RESOURCE_GROUP, REGION, and the object ids COLLECTOR and AUDITOR of the two identities.
set -eu

az storage account create --name @account@ --resource-group "$RESOURCE_GROUP" --location "$REGION" \
  --kind StorageV2 --sku Standard_ZRS --https-only true --min-tls-version TLS1_2 \
  --allow-blob-public-access false --allow-shared-key-access false --output none
az storage account blob-service-properties update --account-name @account@ --resource-group "$RESOURCE_GROUP" \
  --enable-versioning true --output none
az storage container-rm create --storage-account @account@ --resource-group "$RESOURCE_GROUP" \
  --name @container@ --public-access off --enable-vlw true --output none
@scope@account=$(az storage account show --name @account@ --resource-group "$RESOURCE_GROUP" --query id --output tsv)
container="$account/blobServices/default/containers/@container@"

# Reads, adds, and sets policies and holds; it deletes no blob. Azure knows one permission for policies and holds, so
# this role could also end a hold and an Unlocked policy. Nobody can end a Locked one.
az role definition create --output none --role-definition "$(cat <<JSON
@collector@
JSON
)"
az role assignment create --assignee-object-id "$COLLECTOR" --assignee-principal-type ServicePrincipal \
  --role "Evidence collector @account@" --scope "$container" --output none
# So that `collector doctor` can ask how the account is set.
az role assignment create --assignee-object-id "$COLLECTOR" --assignee-principal-type ServicePrincipal \
  --role Reader --scope "$account" --output none
az role assignment create --assignee-object-id "$AUDITOR" --role "Storage Blob Data Reader" \
  --scope "$container" --output none

echo "account_id = \"$account\""
