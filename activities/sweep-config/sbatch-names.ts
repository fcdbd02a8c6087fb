/**
 * sbatch's long options, 22.05 to 25.11, those that the product sets itself left out; and those of the pyxis plugin for
 * containers. A site's own plugins may bring more, so a name that stands here not is passed on with a warning.
 */
export const SBATCH_NAMES: readonly string[] = (
  'account acctg-freq batch bb bbf begin cluster-constraint consolidate-segments constraint container container-id contiguous ' +
  'core-spec cores-per-socket cpu-freq cpus-per-gpu cpus-per-task deadline delay-boot dependency distribution exclude exclusive ' +
  'export export-file extra extra-node-info get-user-env gid gpu-bind gpu-freq gpus gpus-per-node gpus-per-socket gpus-per-task ' +
  'gres gres-flags hint hold ignore-pbs input kill-on-invalid-dep licenses mail-type mail-user mcs-label mem mem-bind ' +
  'mem-per-cpu mem-per-gpu mincpus network nice no-kill nodefile nodelist nodes ntasks ntasks-per-core ntasks-per-gpu ' +
  'ntasks-per-node ntasks-per-socket oom-kill-step overcommit oversubscribe partition power prefer priority profile propagate ' +
  'qos reboot reservation resv-ports segment sockets-per-node spread-job spread-segments stepmgr switches thread-spec ' +
  'threads-per-core time time-min tmp tres-bind tres-per-task uid use-min-nodes verbose wait-all-nodes wckey ' +
  'container-env container-image container-mounts container-name container-workdir'
).split(' ');
