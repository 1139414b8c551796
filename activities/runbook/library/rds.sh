# Databases of RDS: promoting a read replica. It looks first, asks until RDS takes it, and sees that the instance follows nothing any more.
# shellcheck shell=bash disable=SC2154

# rds_now REGION INSTANCE: status, the source it follows or None, days of backups; one line. Nothing when RDS does not say.
rds_now() {
  cloud 10 rds describe-db-instances --region "$1" --db-instance-identifier "$2" --output text \
    --query 'DBInstances[0].[DBInstanceStatus,ReadReplicaSourceDBInstanceIdentifier,BackupRetentionPeriod]'
}

# promote_rds REGION INSTANCE SOURCE-REGION SOURCE RETENTION SECONDS
promote_rds() {
  local status source days end=$((SECONDS + $6)) asked='' keep=() said
  while :; do
    alive
    status='' source=''
    IFS=$'\t' read -r status source days < <(rds_now "$1" "$2") || note "RDS of $1 does not say how $2 is"
    case $status in
      failed | stop* | delet* | storage-full | restore-error | incompatible-* | inaccessible-* | insufficient-capacity)
        fail "$2 in $1 is $status." 'mend the instance in RDS, then retry' ;;
    esac
    # Within a region it is named by its identifier, across regions by its ARN.
    if [[ -n $source && $source != None && $source != "$4" && $source != arn:*:rds:"$3":*:db:"$4" ]]; then
      fail "$2 in $1 follows $source, not $4 in $3." 'look at which instance is the replica, and correct the plan'
    fi
    if [[ $source == None && ($status == available || $status == backing-up || $status == storage-optimization) ]]; then
      note "${asked:+promoted; }$2 takes writes and follows nothing"
      return 0
    fi
    if [[ -z $asked && $status == available && -n $source ]]; then
      [[ $days != 0 ]] || keep=(--backup-retention-period "$5")
      assert_lease
      if said=$(cloud 10 rds promote-read-replica --region "$1" --db-instance-identifier "$2" "${keep[@]}" 2>&1 >/dev/null); then
        asked=yes
      else
        said=${said//$'\n'/}
        case $said in
          *'(AccessDenied'* | *'(UnauthorizedOperation)'* | *'(OptInRequired)'*)
            fail "RDS of $1 does not let these credentials promote $2: $said" 'give them the right rds:PromoteReadReplica, then retry' ;;
        esac
        # A lost answer may have been a yes: what the instance is now decides, and one that still follows is asked again.
        note "RDS did not take it; it is looked at again: $said"
      fi
    fi
    ((SECONDS < end)) || fail "$2 in $1 is ${status:-not known} and does not take writes after $6 s." 'look at its events in RDS, then retry'
    sleep 1
  done
}
